//! The errors for a proxy that refuses every client, and their hints; they never show its login.

use std::net::Ipv4Addr;

use airgap_bundle::server::Tls;
use tokio::net::TcpSocket;

use super::forward::{Forward, Manner};
use super::{LOGIN, built, run};
use bundle_testing::tiny::Tiny;

/// Pushes to a host behind the proxy, with TLS or without, and returns the error.
fn said(tiny: &Tiny, proxy: &str, tls: bool) -> String {
    let made = Tls::generate(&["registry.example".to_owned()], 1_800_000_000).expect("a certificate");
    tiny.stack.write("ca.pem", &made.certificate_pem());
    let (variable, more) = match tls {
        true => ("HTTPS_PROXY", ["--ca", "ca.pem"]),
        false => ("HTTP_PROXY", ["--plain-http", "registry.example"]),
    };
    let arguments = ["push", "tiny.tar", "registry.example"];
    let ran = run(tiny, &[&arguments[..], &more].concat(), &[(variable, &format!("http://{LOGIN}@{proxy}"))]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    ran.stderr.replace(proxy, "[proxy]")
}

/// Returns the errors with TLS to the registry, and without, if the proxy does this.
fn both(manner: Manner) -> String {
    let tiny = built();
    let proxy = Forward::start(&tiny.stack, manner).address.to_string();
    format!("{}\n{}", said(&tiny, &proxy, true), said(&tiny, &proxy, false))
}

#[test]
fn a_proxy_that_wants_another_login_says_where_to_write_it() {
    insta::assert_snapshot!(both(Manner::Answers("407 Proxy Authentication Required")), @r"
        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: the proxy `[proxy]` answered 407 on the way to `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1`

        hint: write a login that the proxy takes into HTTPS_PROXY: `http://USER:PASSWORD@[proxy]`, with `%` and two hexadecimal digits for a special character

        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: the proxy `[proxy]` answered 407 on the way to `http://registry.example/v2/falcosecurity/falco/manifests/0.44.1`

        hint: write a login that the proxy takes into HTTP_PROXY: `http://USER:PASSWORD@[proxy]`, with `%` and two hexadecimal digits for a special character
        ");
}

#[test]
fn a_proxy_that_forbids_a_host_is_named() {
    insta::assert_snapshot!(both(Manner::Answers("403 Forbidden")), @r"
        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: the proxy `[proxy]` answered 403 on the way to `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1`

        hint: ask the proxy's operator to let this machine reach `registry.example`; with `registry.example` in NO_PROXY requests bypass the proxy

        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: `http://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` refuses access (403)

        hint: log in with `docker login registry.example`, podman or skopeo: their credential files and helpers are read; if the proxy is what refuses access, ask the operator of `[proxy]`; with `registry.example` in NO_PROXY requests bypass the proxy
        ");
}

#[test]
fn a_proxy_that_does_not_find_a_host_is_named() {
    insta::assert_snapshot!(both(Manner::Answers("502 Bad Gateway")), @r"
        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: the proxy `[proxy]` answered 502 on the way to `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1`

        hint: the proxy does not reach `registry.example`: check the name, or run the same command again later; with `registry.example` in NO_PROXY requests bypass the proxy

        error: failed to push
          caused by: `registry.example/falcosecurity/falco:0.44.1`: `http://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` answered 502, expected 200 or 404

        hint: the registry or the proxy failed: with `registry.example` in NO_PROXY requests bypass the proxy; run the same command again later, only what is missing is sent
        ");
}

#[test]
fn a_proxy_that_closes_is_named() {
    insta::assert_snapshot!(both(Manner::Closes), @r"
        error: failed to push
          caused by: failed to reach `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tunnel error: unexpected end of file

        hint: check the proxy `[proxy]`, which HTTPS_PROXY names: does it answer from this machine? with `registry.example` in NO_PROXY requests bypass the proxy; off a loopback address TLS is spoken unless `--plain-http HOST` says otherwise

        error: failed to push
          caused by: failed to reach `http://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (SendRequest)
          caused by: connection closed before message completed

        hint: check the proxy `[proxy]`, which HTTP_PROXY names: does it answer from this machine? with `registry.example` in NO_PROXY requests bypass the proxy
        ");
}

#[test]
fn a_tunnel_that_ends_at_once_names_the_proxy() {
    let tiny = built();
    let proxy = Forward::start(&tiny.stack, Manner::ClosesTunnels).address.to_string();
    insta::assert_snapshot!(said(&tiny, &proxy, true), @r"
        error: failed to push
          caused by: failed to reach `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tls handshake eof

        hint: check the proxy `[proxy]`, which HTTPS_PROXY names: does it answer from this machine? with `registry.example` in NO_PROXY requests bypass the proxy; off a loopback address TLS is spoken unless `--plain-http HOST` says otherwise
        ");
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let tiny = built();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    let proxy = socket.local_addr().expect("an address").to_string();
    insta::assert_snapshot!(format!("{}\n{}", said(&tiny, &proxy, true), said(&tiny, &proxy, false)), @r"
        error: failed to push
          caused by: failed to reach `https://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tunnel error: failed to create underlying connection
          caused by: tcp connect error
          caused by: Connection refused (os error 111)

        hint: check the proxy `[proxy]`, which HTTPS_PROXY names: does it answer from this machine? with `registry.example` in NO_PROXY requests bypass the proxy; off a loopback address TLS is spoken unless `--plain-http HOST` says otherwise

        error: failed to push
          caused by: failed to reach `http://registry.example/v2/falcosecurity/falco/manifests/0.44.1` through the proxy `[proxy]` for `registry.example/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tcp connect error
          caused by: Connection refused (os error 111)

        hint: check the proxy `[proxy]`, which HTTP_PROXY names: does it answer from this machine? with `registry.example` in NO_PROXY requests bypass the proxy
        ");
}

#[test]
fn a_proxy_whose_address_is_none_is_refused() {
    let tiny = built();
    let ran = run(
        &tiny,
        &["push", "tiny.tar", "registry.example"],
        &[("HTTPS_PROXY", "http://someone:planted@[bad")],
    );
    insta::assert_snapshot!(ran.stderr, @r"
        error: the address of a proxy in HTTPS_PROXY: expected `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`, found something else

        hint: fix the variable, or empty it to reach registries directly
        ");
}
