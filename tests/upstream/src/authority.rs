//! A certificate authority of the tests' own.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair,
};

/// The names of the server.
const SERVER: [&str; 5] = ["127.0.0.1", "registry.example", "hub.example", "github.example", "store.example"];

/// Makes an authority `ca.pem`, and below it a server's certificate for this machine and some names, and a client's: `NAME.pem`, `NAME.key`.
pub fn make(folder: &Path) {
    let (mut authority, key) = (named("ca", &[]), key());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write(folder, "ca", &authority.self_signed(&key).expect("a certificate").pem(), &key);
    let issuer = Issuer::new(authority, key);
    issue(folder, "server", named("server", &SERVER), &issuer);
    let mut client = named("client", &[]);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    issue(folder, "client", client, &issuer);
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn named(name: &str, alternatives: &[&str]) -> CertificateParams {
    let alternatives: Vec<_> = alternatives.iter().map(|&name| name.to_owned()).collect();
    let mut certificate = CertificateParams::new(alternatives).expect("names");
    certificate.distinguished_name = DistinguishedName::new();
    certificate.distinguished_name.push(DnType::CommonName, name);
    certificate
}

fn issue(folder: &Path, name: &str, mut certificate: CertificateParams, issuer: &Issuer<'_, KeyPair>) {
    certificate.is_ca = IsCa::ExplicitNoCa;
    let key = key();
    write(folder, name, &certificate.signed_by(&key, issuer).expect("a certificate").pem(), &key);
}

fn write(folder: &Path, name: &str, certificate: &str, key: &KeyPair) {
    fs::write(folder.join(format!("{name}.pem")), certificate).expect("a file");
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).expect("a file");
}
