//! A certificate authority of the tests' own, made by the real openssl.

use std::path::Path;

use super::programs::Programs;

/// The names of the server.
const SERVER: &str =
    "subjectAltName=IP:127.0.0.1,DNS:registry.example,DNS:hub.example,DNS:github.example,DNS:store.example";

/// Makes an authority `ca.pem`, and below it a server's certificate for this machine and some names, and a client's: `NAME.pem`, `NAME.key`.
pub fn make(programs: &Programs, folder: &Path) {
    issue(programs, folder, "ca", &[]);
    let below = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    issue(programs, folder, "server", &[&below[..], &["-addext", SERVER]].concat());
    issue(programs, folder, "client", &[&below[..], &["-addext", "extendedKeyUsage=clientAuth"]].concat());
}

fn issue(programs: &Programs, folder: &Path, name: &str, more: &[&str]) {
    let (key, certificate, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let fixed =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let named = ["-keyout", &key, "-out", &certificate, "-subj", &subject];
    programs.run("openssl", folder, &[&fixed[..], &named, more].concat()).ok();
}
