//! Who signed, and who should have.

use airgap_bundle::spec::{Identity, Pattern, SubjectMatch};
use airgap_bundle::trust::Requirement;

use bundle_testing::internet::sigstore::{Form, GITHUB, Signing};

use super::{Bench, FORMS, IDENTITY, requirement, said};

const OTHER: &str = "https://github.com/someone/else/.github/workflows/release.yaml@refs/tags/v1";

fn pattern(text: &str) -> Requirement {
    let pattern = Pattern::parse(text).unwrap();
    Requirement::Identity(Identity::new(GITHUB, SubjectMatch::Pattern(pattern)))
}

#[test]
fn look_alikes_are_set_aside() {
    let bench = Bench::new();
    let good: Vec<_> = FORMS.iter().map(|form| bench.sign(*form, Default::default())).collect();
    let seen = |form: &Form| {
        if *form == Form::Tag { "a keyless signature" } else { "a keyless signature or attestation" }
    };
    let exact = |subject: &str| Requirement::Identity(Identity::exact(GITHUB, subject));
    let upper = IDENTITY.replace("falcosecurity", "FalcoSecurity");
    for other in [
        exact(&IDENTITY[..IDENTITY.len() - 1]),
        exact(&format!("{IDENTITY}0")),
        exact(&upper),
        exact("https://github.com/falcosecurity/falco/"),
        pattern("https://github.com/falcosecurity/falco/"),
        pattern(&upper),
        pattern(r"https://github\.com/falcosecurity/falco/.*@refs/tags/0\.44"),
        Requirement::Identity(Identity::exact("https://accounts.google.com", IDENTITY)),
        Requirement::Identity(Identity::exact(&format!("{GITHUB}/"), IDENTITY)),
    ] {
        for (form, signed) in FORMS.iter().zip(&good) {
            let found = said(bench.verify_for(&other, std::slice::from_ref(signed)));
            assert_eq!(found, format!("only {} by `{IDENTITY}` of `{GITHUB}`", seen(form)));
        }
    }
    for same in [requirement(), pattern(r"https://github\.com/falcosecurity/falco/.*@refs/tags/0\.44\.1")] {
        for signed in &good {
            assert_eq!(said(bench.verify_for(&same, std::slice::from_ref(signed))), "accepted");
        }
    }
}

#[test]
fn a_refusal_says_who_was_asked_for() {
    let bench = Bench::new();
    let signed = bench.sigstore.sign(&bench.subject, &Signing::new(Form::Bundle, OTHER));
    assert_eq!(
        bench.verify(&[signed]).unwrap_err().to_string(),
        format!(
            "`{}` carries no signature by `{IDENTITY}` of `{GITHUB}`, \
             only a keyless signature or attestation by `{OTHER}` of `{GITHUB}`",
            bench.image()
        )
    );
}

#[test]
fn the_claims_of_a_workflow_are_compared() {
    let bench = Bench::new();
    let some = |text: &str| Some(text.to_owned());
    let exact = Identity::exact(GITHUB, IDENTITY);
    let table = [
        (
            Identity {
                repository: some("falcosecurity/falco"),
                git_ref: some("refs/tags/0.44.1"),
                trigger: some("push"),
                ..exact.clone()
            },
            "accepted".to_owned(),
        ),
        (
            Identity { repository: some("falcosecurity/rules"), ..exact.clone() },
            ", repository `falcosecurity/falco` and `falcosecurity/falco`".to_owned(),
        ),
        (
            Identity { git_ref: some("refs/heads/main"), ..exact.clone() },
            ", ref `refs/tags/0.44.1` and `refs/tags/0.44.1`".to_owned(),
        ),
        (Identity { trigger: some("workflow_dispatch"), ..exact }, ", trigger `push` and `push`".to_owned()),
    ];
    for (identity, expected) in table {
        let requirement = Requirement::Identity(identity);
        let found = said(bench.verify_for(&requirement, &[bench.sign(Form::Tag, Default::default())]));
        let whole = if expected == "accepted" {
            expected
        } else {
            format!("only a keyless signature by `{IDENTITY}` of `{GITHUB}`{expected}")
        };
        assert_eq!(found, whole);
    }
    let unclaimed = Signing { claims: None, ..Signing::new(Form::Bundle, IDENTITY) };
    let asked = Requirement::Identity(Identity {
        repository: some("falcosecurity/falco"),
        ..Identity::exact(GITHUB, IDENTITY)
    });
    let found = said(bench.verify_for(&asked, &[bench.sigstore.sign(&bench.subject, &unclaimed)]));
    assert_eq!(
        found,
        format!("only a keyless signature or attestation by `{IDENTITY}` of `{GITHUB}`, repository absent")
    );
}

#[test]
fn strangers_do_no_harm_and_bad_signatures_are_not_passed_over() {
    let bench = Bench::new();
    let good = |form| bench.sign(form, Default::default());
    let strange = |form| bench.sigstore.sign(&bench.subject, &Signing::new(form, OTHER));
    let broken = |form| {
        bench.sign(form, bundle_testing::internet::sigstore::Forge::default().leaf(|leaf| leaf.scts = None))
    };
    let provenance = bench.sigstore.sign(&bench.subject, &Signing::provenance(Form::Bundle, IDENTITY));
    let theirs = bench.sigstore.sign(&bench.subject, &Signing::provenance(Form::BundleV2, OTHER));
    for beside in [strange(Form::Bundle), strange(Form::BundleV2), provenance, theirs] {
        assert_eq!(said(bench.verify(&[good(Form::Tag), beside.clone()])), "accepted");
        assert_eq!(said(bench.verify(&[beside, good(Form::Bundle)])), "accepted");
    }
    assert_eq!(said(bench.verify(&[strange(Form::Tag), good(Form::Bundle)])), "accepted");
    for (one, other) in [(Form::Tag, Form::Bundle), (Form::Bundle, Form::Tag), (Form::BundleV2, Form::Bundle)]
    {
        let found = said(bench.verify(&[broken(one), good(other)]));
        assert_eq!(found, "the certificate has no signed timestamp (SCT) of a certificate log");
    }
    let signings = [Signing::new(Form::Tag, OTHER), Signing::new(Form::Tag, IDENTITY)];
    assert_eq!(said(bench.verify(&[bench.sigstore.sign_tag(&bench.subject, &signings)])), "accepted");
}

#[test]
fn all_of_asks_for_everybody() {
    let bench = Bench::new();
    let good = bench.sign(Form::Bundle, Default::default());
    let other = bench.sigstore.sign(&bench.subject, &Signing::new(Form::BundleV2, OTHER));
    let both = vec![requirement(), Requirement::Identity(Identity::exact(GITHUB, OTHER))];
    let (all, any) = (Requirement::AllOf(both.clone()), Requirement::AnyOf(both));
    let signed = [good.clone(), other];
    let verified = bench.verify_for(&all, &signed).unwrap();
    assert_eq!(verified.further.len(), 1);
    assert_eq!(bench.verify_for(&any, &signed).unwrap().further, []);
    assert_eq!(
        bench.verify_for(&all, &[good]).unwrap_err().to_string(),
        format!(
            "`{}` carries no signature by `{OTHER}` of `{GITHUB}`, only a signature by `{IDENTITY}` \
             of `{GITHUB}`",
            bench.image()
        )
    );
}
