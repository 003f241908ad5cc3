//! When a signature was made, and what proves it.

use bundle_testing::internet::sigstore::log::Admission;
use bundle_testing::internet::sigstore::timestamp::{Stamp, Stamper};
use bundle_testing::internet::sigstore::{Forge, Form, Signing};

use super::{Bench, IDENTITY, Row, bundles, check, said, version_1};

fn logged(change: impl Fn(&mut u64) + Send + Sync + 'static) -> Forge {
    Forge::default().admission(move |it: &mut Admission| it.integrated_time.iter_mut().for_each(&change))
}

fn stamped(change: impl Fn(&mut Stamp) + Send + Sync + 'static) -> Forge {
    Forge::default().stamps(move |stamps| stamps.iter_mut().for_each(&change))
}

#[test]
fn times_outside_of_the_certificates_life_are_refused() {
    check(vec![
        Row(
            "logged an hour late",
            logged(|time| *time += 3600),
            version_1(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2026-11-01T01:10:02Z",
            ),
        ),
        Row(
            "logged an hour early",
            logged(|time| *time -= 3600),
            version_1(
                "the certificate is valid from 2026-11-01T00:10:00Z, but the signature is of 2026-10-31T23:10:02Z",
            ),
        ),
        Row("logged in its last second", logged(|time| *time += 598), version_1("accepted")),
        Row(
            "logged a second later",
            logged(|time| *time += 599),
            version_1(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2026-11-01T00:20:01Z",
            ),
        ),
        Row(
            "logged in the future",
            logged(|time| *time += 3_153_600_000),
            version_1(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2126-10-08T00:10:02Z",
            ),
        ),
        Row(
            "stamped an hour late",
            stamped(|stamp| stamp.time += 3600),
            bundles(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2026-11-01T01:10:01Z",
            ),
        ),
        Row(
            "stamped an hour early",
            stamped(|stamp| stamp.time -= 3600),
            bundles(
                "the certificate is valid from 2026-11-01T00:10:00Z, but the signature is of 2026-10-31T23:10:01Z",
            ),
        ),
    ]);
}

#[test]
fn timestamps_that_prove_nothing_are_refused() {
    let foreign = Stamper::new("foreign");
    check(vec![
        Row(
            "none",
            Forge::default().stamps(Vec::clear),
            [
                "-",
                "accepted",
                "nothing proves the time of the signature: an entry of Rekor v2 needs a timestamp (RFC 3161)",
            ],
        ),
        Row(
            "of other bytes",
            stamped(|stamp| stamp.imprint[0] ^= 1),
            [
                "-",
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message hash mismatch: expected 0cbbf2d08191372d479457a971ebbeab68d079e1bb4d8c7c5ce58a1dda57e8a4, got 0dbbf2d08191372d479457a971ebbeab68d079e1bb4d8c7c5ce58a1dda57e8a4",
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Timestamp message hash mismatch: expected 5a5a2a4dcd9735da3585c843e0de812c0c7da7da3374ceca628bcc5395b94867, got 5b5a2a4dcd9735da3585c843e0de812c0c7da7da3374ceca628bcc5395b94867",
            ],
        ),
        Row(
            "by a stranger",
            stamped(move |stamp| stamp.stamper = foreign.clone()),
            bundles(
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Failed to verify timestamp signature: CMS signer does not match any trusted TSA certificate",
            ),
        ),
        Row(
            "by SHA-1",
            stamped(|stamp| {
                stamp.algorithm = "1.3.14.3.2.26".to_owned();
                stamp.imprint.truncate(20);
            }),
            bundles(
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: Failed to parse \
             timestamp response: unsupported hash algorithm: 1.3.14.3.2.26",
            ),
        ),
        Row("without its certificate", stamped(|stamp| stamp.with_certificate = false), bundles("accepted")),
        Row(
            "one good and one bad",
            Forge::default().stamps(|stamps| {
                let mut bad = stamps[0].clone();
                bad.time += 3600;
                stamps.push(bad);
            }),
            bundles(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2026-11-01T01:10:01Z",
            ),
        ),
    ]);
}

#[test]
fn what_is_from_the_future_is_refused() {
    let bench = Bench::new();
    // Authorities that end before it are no hindrance: they are trusted by the root alone.
    let signing = Signing { time: 4_102_444_800, stamped: false, ..Signing::new(Form::Bundle, IDENTITY) };
    let signed = bench.sigstore.sign(&bench.subject, &signing);
    assert_eq!(said(bench.verify(&[signed])), "the log entry is from the future");
}
