//! Which CAs are trusted for a registry on another machine: those of the system store, or the one that is named.

use super::forward::{Forward, Manner};
use super::{built, hosts, run};
use bundle_testing::authority;
use bundle_testing::tiny::Tiny;
use bundle_testing::tls::Tls;

/// A bundle, and a registry behind TLS of an own authority, known by two names; its certificate lacks one of them.
struct Behind {
    tiny: Tiny,
    proxy: Forward,
    tls: Tls,
}

impl Behind {
    fn start() -> Self {
        let tiny = built();
        let folder = tiny.stack.folder.path();
        authority::make(folder);
        let tls = Tls::start(&tiny.stack, folder, tiny.front("empty-1").address);
        let found = hosts([("registry.example:443", tls.address), ("other.example:443", tls.address)]);
        let proxy = Forward::start(&tiny.stack, Manner::Passes(found, None));
        Self { tiny, proxy, tls }
    }

    /// Pushes from a machine whose store of authorities is a file.
    fn push(&self, host: &str, store: &str, more: &[&str]) -> (Option<i32>, String) {
        let proxy = format!("http://{}", self.proxy.address);
        let variables = [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", store)];
        let ran = run(&self.tiny, &[&["push", "tiny.tar", host], more].concat(), &variables);
        (ran.code, ran.stderr.replace(&self.proxy.address.to_string(), "[proxy]"))
    }
}

#[test]
fn a_machine_without_any_authority_says_how_to_name_one() {
    let behind = Behind::start();
    let (code, said) = behind.push("registry.example", "/nonexistent", &[]);
    assert_eq!((code, behind.proxy.asked()), (Some(2), Vec::new()));
    insta::assert_snapshot!(said, @r"
        error: failed to push
          caused by: TLS on this machine: builder error: unexpected error: No CA certificates were loaded from the system

        hint: install this machine's CA certificates (package `ca-certificates`), or name the registry's CA: `ca: FILE` in the registries file or the site, `--ca FILE` with `push`
        ");
    let named = behind.push("registry.example", "/nonexistent", &["--ca", "ca.pem"]);
    assert_eq!(named.0, Some(0), "{}", named.1);
}

#[test]
fn an_authority_that_is_not_among_the_machines_is_to_be_named() {
    let behind = Behind::start();
    let (code, said) = behind.push("registry.example", "client.pem", &[]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said, @r"
        error: failed to push
          caused by: failed to reach `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: invalid peer certificate: UnknownIssuer

        hint: name the registry's CA: `ca: FILE` in the registries file or the site, `--ca FILE` with `push`; a proxy that intercepts TLS has a CA of its own
        ");
    let known = behind.push("registry.example", "ca.pem", &[]);
    assert_eq!(known.0, Some(0), "{}", known.1);
}

#[test]
fn a_certificate_of_another_name_is_the_registrys_to_mend() {
    let behind = Behind::start();
    let (code, said) = behind.push("other.example", "ca.pem", &[]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(said, @r#"
        error: failed to push
          caused by: failed to reach `https://other.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `other.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: invalid peer certificate: certificate not valid for name "other.example"; certificate is only valid for IpAddress(127.0.0.1), DnsName("registry.example"), DnsName("hub.example"), DnsName("github.example") or DnsName("store.example")

        hint: `https://other.example` needs another certificate: this one is not valid for it
        "#);
}

#[test]
fn a_proxy_may_itself_be_behind_tls() {
    let behind = Behind::start();
    let folder = behind.tiny.stack.folder.path();
    let empty = behind.tiny.stack.upstream.empty(2).expect("an empty registry");
    let found = hosts([("plain.example", empty), ("registry.example:443", behind.tls.address)]);
    let forward = Forward::start(&behind.tiny.stack, Manner::Passes(found, None));
    let proxy = Tls::start(&behind.tiny.stack, folder, forward.address);
    let address = format!("https://{}", proxy.address);
    let known = ("SSL_CERT_FILE", "ca.pem");
    let tls = ["push", "tiny.tar", "registry.example"];
    run(&behind.tiny, &tls, &[("HTTPS_PROXY", &address), known]).ok();
    assert_eq!(forward.asked(), ["CONNECT registry.example:443"]);
    let plain = ["push", "tiny.tar", "plain.example", "--plain-http", "plain.example"];
    run(&behind.tiny, &plain, &[("HTTP_PROXY", &address), known]).ok();
    assert!(forward.asked().iter().all(|line| line.contains(" http://plain.example/v2/")));
    let unknown = run(&behind.tiny, &plain, &[("HTTP_PROXY", &address)]);
    assert!(unknown.stderr.contains("No CA certificates were loaded from the system"), "{unknown:?}");
}
