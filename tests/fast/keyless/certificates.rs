//! What can be wrong with a certificate and its SCT.

use bundle_testing::internet::sigstore::certificate::Extension;
use bundle_testing::internet::sigstore::{Forge, Leaf, Sct, Sigstore, alternative_name, der};

use super::{IDENTITY, Row, check};

const SCT: &str = "the certificate's signed timestamp (SCT) is wrong: SCT signature verification failed: \
             Verification error: ECDSA_P256_SHA256 signature invalid";

fn leaf(change: impl Fn(&mut Leaf) + Send + Sync + 'static) -> Forge {
    Forge::default().leaf(change)
}

fn sct(change: impl Fn(&mut Sct) + Send + Sync + 'static) -> Forge {
    leaf(move |leaf| leaf.scts.iter_mut().flatten().for_each(&change))
}

#[test]
fn certificates_of_another_profile_are_refused() {
    let uri = |uri: &str| der::tagged_bytes(6, uri.as_bytes());
    let two = der::sequence(&[uri("https://github.com/other"), uri(IDENTITY)]);
    let dns = der::sequence(&[der::tagged_bytes(2, b"github.com")]);
    let names =
        |names: Vec<u8>| leaf(move |leaf| leaf.replace(Extension::critical("2.5.29.17", names.clone())));
    check(vec![
        Row(
            "no extended key usage",
            leaf(|leaf| leaf.remove("2.5.29.37")),
            ["expected the certificate's key usage `codeSigning`, found none"; 3],
        ),
        Row(
            "for servers",
            leaf(|leaf| leaf.replace(Extension::purpose("1.3.6.1.5.5.7.3.1"))),
            ["expected the certificate's key usage `codeSigning`, found `1.3.6.1.5.5.7.3.1`"; 3],
        ),
        Row(
            "for anything",
            leaf(|leaf| leaf.replace(Extension::purpose("2.5.29.37.0"))),
            ["expected the certificate's key usage `codeSigning`, found `2.5.29.37.0`"; 3],
        ),
        Row(
            "an authority",
            leaf(|leaf| leaf.replace(Extension::critical("2.5.29.19", der::sequence(&[der::yes()])))),
            ["the signing certificate is that of an authority (`CA:true`)"; 3],
        ),
        Row(
            "unknown critical extension",
            leaf(|leaf| leaf.replace(Extension::critical("1.2.3.4", vec![5, 0]))),
            ["the signing certificate cannot be read: failed to parse end-entity certificate: \
             UnsupportedCriticalExtension"; 3],
        ),
        Row(
            "no name",
            leaf(|leaf| leaf.remove("2.5.29.17")),
            [
                "only a keyless signature: expected 1 URI or e-mail address as the certificate's subject, found 0",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found 0",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found 0",
            ],
        ),
        Row(
            "two names",
            names(two),
            [
                "only a keyless signature: expected 1 URI or e-mail address as the certificate's subject, found 2",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found 2",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found 2",
            ],
        ),
        Row(
            "a host's name",
            names(dns),
            [
                "only a keyless signature: expected 1 URI or e-mail address as the certificate's subject, found another kind of name",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found another kind of name",
                "only a keyless signature or attestation: expected 1 URI or e-mail address as the certificate's subject, found another kind of name",
            ],
        ),
        Row(
            "the same name twice",
            leaf(|leaf| leaf.extensions.push(alternative_name(IDENTITY))),
            [
                "only a keyless signature",
                "only a keyless signature or attestation",
                "only a keyless signature or attestation",
            ],
        ),
        Row(
            "no issuer",
            leaf(|leaf| {
                leaf.remove("1.3.6.1.4.1.57264.1.1");
                leaf.remove("1.3.6.1.4.1.57264.1.8");
            }),
            [
                "only a keyless signature: the certificate names no issuer for its subject",
                "only a keyless signature or attestation: the certificate names no issuer for its subject",
                "only a keyless signature or attestation: the certificate names no issuer for its subject",
            ],
        ),
        Row(
            "issuers that differ",
            leaf(|leaf| leaf.replace(Extension::plain("1.3.6.1.4.1.57264.1.1", b"https://other".to_vec()))),
            [
                "only a keyless signature: expected the issuer \
             `https://token.actions.githubusercontent.com` in both of the certificate's extensions, \
             found `https://other`",
                "only a keyless signature or attestation: expected the issuer `https://token.actions.githubusercontent.com` in both of the certificate's extensions, found `https://other`",
                "only a keyless signature or attestation: expected the issuer `https://token.actions.githubusercontent.com` in both of the certificate's extensions, found `https://other`",
            ],
        ),
    ]);
}

#[test]
fn certificates_outside_the_chain_are_refused() {
    let foreign = Sigstore::named("foreign").intermediate;
    check(vec![
        Row(
            "another authority of the same name",
            leaf(move |leaf| leaf.authority = foreign.clone()),
            ["the signing certificate is not of an authority of the trusted root: certificate chain \
             validation failed: InvalidSignatureForPublicKey"; 3],
        ),
        Row(
            "cut",
            Forge::default().certificate(|bytes| bytes.truncate(100)),
            [
                "only a keyless signature",
                "only a keyless signature or attestation",
                "only a keyless signature or attestation",
            ],
        ),
        Row(
            "altered after it was issued",
            Forge::default().certificate(|bytes| {
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
            }),
            ["the signing certificate is not of an authority of the trusted root: certificate chain \
             validation failed: InvalidSignatureForPublicKey"; 3],
        ),
    ]);
}

#[test]
fn scts_that_prove_nothing_are_refused() {
    let foreign = Sigstore::named("foreign").ct;
    let unknown = foreign.clone();
    check(vec![
        Row(
            "none",
            leaf(|leaf| leaf.scts = None),
            ["the certificate has no signed timestamp (SCT) of a certificate log"; 3],
        ),
        Row(
            "an empty list",
            leaf(|leaf| leaf.scts = Some(Vec::new())),
            ["the certificate's signed timestamp (SCT) is wrong: no SCTs found in certificate"; 3],
        ),
        Row(
            "two",
            leaf(|leaf| {
                let scts = leaf.scts.iter_mut();
                scts.for_each(|scts| scts.push(scts[0].clone()));
            }),
            ["the certificate's signed timestamp (SCT) is wrong: certificate contains multiple SCTs, \
             expected exactly one"; 3],
        ),
        Row("altered", sct(|sct| sct.altered = 1), [SCT; 3]),
        Row("by another key", sct(move |sct| sct.key = foreign.clone()), [SCT; 3]),
        Row(
            "of an unknown log",
            sct(move |sct| sct.log_id = unknown.id()),
            ["the certificate's signed timestamp (SCT) is wrong: SCT signature verification failed: Verification error: key not found or not valid at 2026-11-01T00:10:00Z: a27758bc24cbfb47870766aa4f31cfb2ce47f3eafddc1573f781daea0b209075";
                3],
        ),
        Row("for another issuer", sct(|sct| sct.issuer_key_hash[0] ^= 1), [SCT; 3]),
        Row("for another kind of entry", sct(|sct| sct.entry_type = 0), [SCT; 3]),
        Row(
            "of another version",
            sct(|sct| sct.version = 1),
            ["the certificate's signed timestamp (SCT) is wrong: failed to parse SCT: Tls(UnknownValue(1))";
                3],
        ),
        Row(
            "an hour early",
            sct(|sct| sct.milliseconds -= 3_600_000),
            ["the certificate is valid from 2026-11-01T00:10:00Z to 2026-11-01T00:20:00Z, but its SCT is of 2026-10-31T23:10:00Z";
                3],
        ),
        Row(
            "an hour late",
            sct(|sct| sct.milliseconds += 3_600_000),
            ["the certificate is valid from 2026-11-01T00:10:00Z to 2026-11-01T00:20:00Z, but its SCT is of 2026-11-01T01:10:00Z";
                3],
        ),
        Row("half a minute early", sct(|sct| sct.milliseconds -= 30_000), ["accepted"; 3]),
        Row(
            "before the log began",
            sct(|sct| sct.milliseconds = 1000),
            ["the certificate's signed timestamp (SCT) is wrong: SCT signature verification failed: Verification error: key not found or not valid at 1970-01-01T00:00:01Z: 7294785f70e44f9aea260811ef7bd05d0f7cc7ce4358235799222c40da6c9787";
                3],
        ),
        Row(
            "beyond all time",
            sct(|sct| sct.milliseconds = u64::MAX),
            ["the certificate's signed timestamp (SCT) is wrong: SCT timestamp is out of range"; 3],
        ),
    ]);
}
