//! TLS, passwords, the log, and the stop.

use airgap_bundle::digest::Digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::{block_on, http};
use bundle_testing::made::Made;
use bundle_testing::served::Served;
use bundle_testing::support::bundle;

fn folder() -> TempDir {
    let (mut made, folder) = (Made::default(), TempDir::new().expect("a folder"));
    made.image("docker.io/acme/app:1", b"a layer");
    made.write(folder.path());
    folder
}

#[test]
fn what_others_can_reach_is_served_in_the_clear_only_where_that_is_asked_for() {
    let folder = folder();
    let run = |more: &[&str]| {
        let arguments = ["serve", "b.tar", "--insecure-unsigned", "--listen", "192.0.2.1:0"];
        let ran = bundle(folder.path(), arguments.iter().chain(more));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        ran.stderr
    };
    let refused = "error: `192.0.2.1:0` is reachable from other machines, but TLS is off\n\nhint: add --tls-cert FILE --tls-key FILE, --tls-generate, or --insecure-plain-http; or listen on 127.0.0.1\n";
    assert_eq!(run(&[]), refused);
    // An address for documentation: no machine has it, so listening fails.
    let absent = "error: cannot listen on `192.0.2.1:0`";
    assert!(run(&["--insecure-plain-http"]).starts_with(absent));
    assert!(run(&["--tls-generate"]).starts_with(absent));
}

#[test]
fn a_certificate_that_is_made_is_the_one_that_is_shown_and_printed() {
    let folder = folder();
    let arguments =
        ["--insecure-unsigned", "--tls-generate", "--tls-name", "registry.lan", "--format", "json"];
    let served = Served::start(folder.path(), &arguments);
    let said: Value = serde_json::from_str(&served.announced).expect("JSON");
    let pem = said["result"]["certificate"].as_str().expect("a certificate");
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let digest = Digest::of(&BASE64_STANDARD.decode(body).expect("base64"));
    let fingerprint: Vec<_> = digest.bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(said["result"]["fingerprint"], fingerprint.join(":"));
    let trusting = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    let port = served.address.parse::<std::net::SocketAddr>().expect("an address").port();
    let lan = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let trusting =
        reqwest::Client::builder().no_proxy().tls_certs_only([trusting]).resolve("registry.lan", lan);
    let trusting = trusting.build().expect("a client");
    block_on(async {
        for host in ["127.0.0.1", "localhost", "registry.lan"] {
            let answer = trusting.get(format!("https://{host}:{port}/v2/")).send().await;
            assert_eq!(answer.expect("an answer").status().as_u16(), 200, "{host}");
        }
        assert!(http().get(format!("https://127.0.0.1:{port}/v2/")).send().await.is_err(), "no trusted CA");
        assert!(http().get(format!("http://127.0.0.1:{port}/v2/")).send().await.is_err(), "in the clear");
    });
}

#[test]
fn files_that_cannot_be_used_are_refused_and_not_repeated() {
    let folder = folder();
    std::fs::write(folder.path().join("nothing"), "hunter2").expect("a file");
    for (arguments, expected) in [
        (
            &["--tls-cert", "nothing", "--tls-key", "nothing"][..],
            "`nothing` with `nothing`: no private key in it, as PEM",
        ),
        (&["--htpasswd", "nothing"], "`nothing`: line 1 is not `USER:` and a bcrypt hash"),
        (&["--tls-generate", "--tls-name", "a name"], "`a name` is neither a DNS name nor an IP address"),
    ] {
        let serve = ["serve", "b.tar", "--insecure-unsigned", "--listen", "127.0.0.1:0"];
        let ran = bundle(folder.path(), serve.iter().chain(arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.starts_with(&format!("error: {expected}")), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"));
    }
}

#[test]
fn who_does_not_know_the_password_gets_nothing_and_no_password_is_logged() {
    let folder = folder();
    let hash = bcrypt::hash_with_salt("hunter2", 4, [7; 16]).expect("a hash").to_string();
    std::fs::write(folder.path().join("htpasswd"), format!("me:{hash}\n")).expect("a file");
    let mut served = Served::start(folder.path(), &["--insecure-unsigned", "--htpasswd", "htpasswd"]);
    block_on(async {
        for (password, status) in
            [(None, 401), (Some("wrong"), 401), (Some("hunter2"), 200), (Some("hunter2"), 200)]
        {
            for path in ["", "acme/app/manifests/1"] {
                let request = http().get(served.url(path));
                let request =
                    password.into_iter().fold(request, |request, said| request.basic_auth("me", Some(said)));
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status().as_u16(), status, "{password:?} {path}");
                assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401);
            }
        }
    });
    served.terminate();
    let (code, rest, log) = served.end();
    assert_eq!((code, rest.as_str(), log.len()), (Some(0), "", 8));
    for secret in ["hunter2", "wrong", &hash, &BASE64_STANDARD.encode("me:hunter2")] {
        assert!(!log.join("\n").contains(secret));
    }
}

#[test]
fn every_request_is_a_line_of_the_log() {
    let folder = folder();
    let mut served = Served::start(folder.path(), &["--insecure-unsigned"]);
    block_on(async {
        for (path, expected) in [
            ("?ns=a", "GET /v2/ 200 2 "),
            ("acme%1b[2J/manifests/1", "GET /v2/acme%1b[2J/manifests/1 400 "),
            (
                &format!("acme/app/blobs/{}", Digest::of(b"a layer")),
                &format!("GET /v2/acme/app/blobs/{} 200 7 ", Digest::of(b"a layer")),
            ),
        ] {
            http().get(served.url(path)).send().await.expect("an answer").bytes().await.expect("a body");
            let line = served.logged();
            let rest = line.strip_prefix(expected).unwrap_or_else(|| panic!("{line}"));
            let (numbers, peer) = rest.rsplit_once(' ').expect("a peer");
            assert!(numbers.split(' ').all(|number| number.parse::<u64>().is_ok()), "{line}");
            assert!(peer.starts_with("127.0.0.1:"), "{line}");
        }
    });
    served.terminate();
    assert_eq!(served.end(), (Some(0), String::new(), Vec::new()));
    let quiet = Served::start(folder.path(), &["--insecure-unsigned", "--quiet"]);
    block_on(async { http().get(quiet.url("")).send().await.expect("an answer") });
    quiet.terminate();
    assert_eq!({ quiet }.end().2, Vec::<String>::new());
}
