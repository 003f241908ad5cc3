//! A certificate of another authority, shown by `bundle serve`.

use std::fs;

use airgap_bundle::digest::Digest;
use bundle_testing::authority;
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use bundle_testing::made::Made;
use bundle_testing::served::Served;
use bundle_testing::support::bundle;

const ARGUMENTS: [&str; 4] = ["--insecure-unsigned", "--quiet", "--tls-cert", "server.pem"];

fn folder() -> TempDir {
    let (mut made, folder) = (Made::default(), TempDir::new().expect("a folder"));
    made.image("docker.io/acme/app:1", b"a layer");
    made.write(folder.path());
    authority::make(folder.path());
    folder
}

#[test]
fn a_certificate_that_is_given_is_shown_to_who_trusts_its_authority() {
    let folder = folder();
    let arguments = [&ARGUMENTS[..], &["--tls-key", "server.key", "--format", "json"]].concat();
    let served = Served::start(folder.path(), &arguments);
    let certificate = CertificateDer::from_pem_file(folder.path().join("server.pem")).expect("a certificate");
    let digits: Vec<_> = Digest::of(&certificate).hex().to_uppercase().into_bytes();
    let pairs: Vec<_> = digits.chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    let said: serde_json::Value = serde_json::from_str(&served.announced).expect("JSON");
    assert_eq!(said["result"]["fingerprint"], pairs.join(":"));
    let authority = fs::read(folder.path().join("ca.pem")).expect("an authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().expect("a client");
    let asked = client.get(format!("https://{}/v2/", served.address)).send();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    assert_eq!(runtime.block_on(asked).expect("an answer").status().as_u16(), 200);
}

#[test]
fn a_key_of_another_certificate_is_refused_with_what_helps() {
    let folder = folder();
    let rest = ["--listen", "127.0.0.1:0", "--tls-key", "client.key"];
    let ran = bundle(folder.path(), ["serve", "b.tar"].iter().chain(&ARGUMENTS).chain(&rest));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let expected =
        "error: `server.pem` with `client.key`: the certificate and the private key cannot be used together";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n\nhint: give the certificate followed by its chain, and its private key"));
}
