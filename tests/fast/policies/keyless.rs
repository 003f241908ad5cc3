//! Policies that name identities, alone, together, and with attestations: from the spec to the table of `bundle verify`.

use airgap_bundle::digest::Digest;
use serde_json::{Value, json};

use bundle_testing::internet::sigstore::Form::{Bundle, Tag};
use bundle_testing::internet::sigstore::{GITHUB, PROVENANCE, Signing, Sigstore, Subject};
use bundle_testing::tiny::{IMAGE, Tiny, spec};

const FALCO: &str = "https://github.com/falcosecurity/falco/.github/workflows/release.yaml@refs/tags/0.44.1";
const OTHER: &str = "https://github.com/falcosecurity/falco/.github/workflows/other.yaml@refs/tags/0.44.1";
const ABSENT: &str =
    "https://github.com/falcosecurity/falco-/.github/workflows/release.yaml@refs/tags/0.44.1";

/// A small spec whose image is signed by identities.
struct Keyless {
    tiny: Tiny,
    image: Digest,
}

impl Keyless {
    fn new() -> Self {
        let tiny = Tiny::new();
        let image = tiny.manifest(IMAGE).descriptor.digest;
        Self { tiny, image }
    }

    fn sign(&self, signing: &Signing) {
        let descriptor = self.tiny.manifest(IMAGE).descriptor;
        let subject = Subject { descriptor, repository: "index.docker.io/falcosecurity/falco".to_owned() };
        let signed = Sigstore::new().sign(&subject, signing);
        let repository = self.tiny.repository(IMAGE);
        self.tiny.stack.block_on(signed.push(&repository, &self.image)).expect("it is taken");
    }

    fn policy(&self, policy: &str) {
        let policy = policy.replace("BY", "issuer: 'https://token.actions.githubusercontent.com', identity");
        std::fs::remove_file(self.tiny.stack.path("tiny.lock")).ok();
        self.tiny.stack.write("tiny.yaml", &spec(&policy));
    }

    /// Builds, and verifies what was built; returns who is recorded and shown.
    fn taken(&self) -> (Value, Value) {
        self.tiny.stack.bundle(self.tiny.build()).ok();
        let verify = ["verify", "tiny.tar", "--insecure-unsigned", "--format", "json"];
        let verified: Value = serde_json::from_str(&self.tiny.stack.bundle(verify).ok()).expect("JSON");
        let item = &verified["result"]["items"][0];
        let lock = std::fs::read_to_string(self.tiny.stack.path("tiny.lock")).expect("a lock");
        let lock: Value = serde_json::from_str(&lock).expect("JSON");
        let locked = &lock["items"][0];
        assert_eq!(
            (&item["signatures"], &item["attestations"]),
            (&locked["signatures"], &locked["attestations"])
        );
        (locked["signatures"].clone(), locked["attestations"].clone())
    }

    /// Returns the error for the refused image.
    fn refused(&self) -> String {
        let said = self.tiny.fails(1, self.tiny.lock());
        let line =
            said.lines().find_map(|line| line.strip_prefix("  - ")).unwrap_or_else(|| panic!("{said}"));
        line.replace(GITHUB, "GITHUB")
    }
}

/// Returns forms and identities, which stay the same from run to run.
fn by(signatures: &Value) -> Vec<(&str, &str)> {
    let one = |seen: &Value| {
        let form = if seen["form"] == "simple-signing" { "tag" } else { "bundle" };
        let who = match seen["signer"]["certificate"]["identity"].as_str() {
            Some(FALCO) => "falco",
            Some(OTHER) => "other",
            _ => "absent",
        };
        (form, who)
    };
    signatures.as_array().expect("signatures").iter().map(one).collect()
}

#[test]
fn policies_are_met_by_the_signatures_that_they_ask_for() {
    let keyless = Keyless::new();
    keyless.sign(&Signing::new(Tag, FALCO));
    keyless.sign(&Signing::new(Bundle, OTHER));
    keyless.sign(&Signing::provenance(Bundle, FALCO));
    let (falco, other) =
        (format!("{{keyless: {{BY: '{FALCO}'}}}}"), format!("{{keyless: {{BY: '{OTHER}'}}}}"));
    let absent = format!("{{keyless: {{BY: '{ABSENT}'}}}}");
    let pattern = "{keyless: {issuer: 'https://token.actions.githubusercontent.com', identityRegexp: \
                   'https://github\\.com/falcosecurity/falco/\\.github/workflows/release\\.yaml@refs/tags/.+'}}";
    let claims = "repository: falcosecurity/falco, ref: refs/tags/0.44.1, trigger: push";
    for (policy, expected) in [
        (falco.clone(), vec![("tag", "falco")]),
        (pattern.to_owned(), vec![("tag", "falco")]),
        (format!("{{keyless: {{BY: '{FALCO}', {claims}}}}}"), vec![("tag", "falco")]),
        (format!("{{allOf: [{falco}, {other}]}}"), vec![("bundle", "other"), ("tag", "falco")]),
        (format!("{{anyOf: [{absent}, {other}]}}"), vec![("bundle", "other")]),
        (format!("{{anyOf: [{{allOf: [{absent}, {other}]}}, {falco}]}}"), vec![("tag", "falco")]),
    ] {
        keyless.policy(&policy);
        let (signatures, attestations) = keyless.taken();
        assert_eq!((by(&signatures), attestations), (expected, Value::Null), "{policy}");
    }
}

#[test]
fn an_attestation_that_is_asked_for_is_recorded_beside_the_signature() {
    let keyless = Keyless::new();
    keyless.sign(&Signing::new(Tag, OTHER));
    keyless.sign(&Signing::provenance(Bundle, FALCO));
    let attested =
        format!("attestations: [{{predicateType: '{PROVENANCE}', by: {{keyless: {{BY: '{FALCO}'}}}}}}]");
    for (signed, expected) in [
        (format!("keyless: {{BY: '{OTHER}'}}"), vec![("tag", "other")]),
        ("unsigned: {reason: only attested}".to_owned(), vec![("bundle", "absent")]),
    ] {
        keyless.policy(&format!("{{{signed}, {attested}}}"));
        let (signatures, attestations) = keyless.taken();
        assert_eq!(by(&signatures), expected);
        assert_eq!(by(&json!([attestations[0]["signature"]])), [("bundle", "falco")]);
        assert_eq!(attestations[0]["predicateType"], PROVENANCE);
    }
}

#[test]
fn policies_that_are_not_met_are_refused_with_what_was_found() {
    let keyless = Keyless::new();
    keyless.sign(&Signing::new(Tag, FALCO));
    keyless.sign(&Signing::provenance(Bundle, OTHER));
    let image = "`docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries no";
    let falco = format!("{{keyless: {{BY: '{FALCO}'}}}}");
    let attested = |kind: &str, by: &str| {
        format!(
            "{{keyless: {{BY: '{FALCO}'}}, attestations: [{{predicateType: '{kind}', by: {{keyless: {{BY: '{by}'}}}}}}]}}"
        )
    };
    let only = format!(
        "only a keyless signature by `{FALCO}` of `GITHUB`, a keyless signature or attestation by `{OTHER}` of `GITHUB`"
    );
    for (policy, expected) in [
        (
            format!("{{keyless: {{BY: '{ABSENT}'}}}}"),
            format!("{image} signature by `{ABSENT}` of `GITHUB`, {only}"),
        ),
        (
            format!("{{keyless: {{BY: '{}'}}}}", FALCO.to_uppercase()),
            format!("{image} signature by `{}` of `GITHUB`, {only}", FALCO.to_uppercase()),
        ),
        // Provenance is not a signature.
        (
            format!("{{keyless: {{BY: '{OTHER}'}}}}"),
            format!(
                "{image} signature by `{OTHER}` of `GITHUB`, only a keyless signature by `{FALCO}` of `GITHUB`, an attestation of type `{PROVENANCE}`"
            ),
        ),
        (
            format!("{{allOf: [{falco}, {{keyless: {{BY: '{ABSENT}'}}}}]}}"),
            format!(
                "{image} signature by `{ABSENT}` of `GITHUB`, only a signature by `{FALCO}` of `GITHUB`, a keyless signature or attestation by `{OTHER}` of `GITHUB`"
            ),
        ),
        (
            format!("{{keyless: {{BY: '{FALCO}', ref: refs/heads/main}}}}"),
            format!(
                "{image} signature by `{FALCO}` of `GITHUB`, ref `refs/heads/main`, only a keyless signature by `{FALCO}` of `GITHUB`, ref `refs/tags/0.44.1` and `refs/tags/0.44.1`, a keyless signature or attestation by `{OTHER}` of `GITHUB`"
            ),
        ),
        (
            attested(PROVENANCE, FALCO),
            format!(
                "{image} attestation of type `{PROVENANCE}` by `{FALCO}` of `GITHUB`, only a keyless signature or attestation by `{OTHER}` of `GITHUB`"
            ),
        ),
        (
            attested("https://spdx.dev/Document", OTHER),
            format!(
                "{image} attestation of type `https://spdx.dev/Document` by `{OTHER}` of `GITHUB`, only an attestation of type `{PROVENANCE}`"
            ),
        ),
    ] {
        keyless.policy(&policy);
        assert_eq!(keyless.refused(), expected);
    }
}

#[test]
fn a_build_against_a_lock_whose_signer_changed_is_refused() {
    let keyless = Keyless::new();
    let tiny = &keyless.tiny;
    keyless.sign(&Signing::new(Tag, FALCO));
    keyless.policy(
        "{keyless: {issuer: 'https://token.actions.githubusercontent.com', identityRegexp: \
         'https://github\\.com/falcosecurity/falco/\\.github/workflows/.+'}}",
    );
    tiny.stack.bundle(tiny.lock()).ok();
    keyless.sign(&Signing { time: Signing::new(Tag, FALCO).time + 3600, ..Signing::new(Tag, FALCO) });
    tiny.stack.bundle(tiny.build()).ok();
    std::fs::remove_file(tiny.stack.path("tiny.tar")).expect("a bundle");
    keyless.sign(&Signing::new(Tag, OTHER));
    let signer = format!("  {IMAGE}: signer `{FALCO}` of `{GITHUB}` → `{OTHER}` of `{GITHUB}`");
    let check = tiny.lock().into_iter().chain(["--check"]).collect::<Vec<_>>();
    for command in [&tiny.build()[..], &tiny.lock(), &check] {
        assert_eq!(tiny.fails(1, command.iter().copied()), outdated(&signer));
    }
    tiny.stack.bundle(tiny.lock().into_iter().chain(["--update", "falco:"])).ok();
    tiny.stack.bundle(tiny.build()).ok();
    std::fs::remove_file(tiny.stack.path("tiny.tar")).expect("a bundle");
    keyless.sign(&Signing::new(Bundle, OTHER));
    let form = format!("  {IMAGE}: form signature tag → Sigstore bundle");
    assert_eq!(tiny.fails(1, tiny.build()), outdated(&form));
}

#[test]
fn two_locks_or_bundles_are_compared_with_their_signers() {
    let keyless = Keyless::new();
    let (tiny, stack) = (&keyless.tiny, &keyless.tiny.stack);
    let pattern = "{keyless: {issuer: 'https://token.actions.githubusercontent.com', identityRegexp: \
                   'https://github\\.com/falcosecurity/falco/\\.github/workflows/.+'}}";
    keyless.sign(&Signing::new(Tag, FALCO));
    keyless.policy(pattern);
    stack.bundle(tiny.build()).ok();
    for (from, to) in [("tiny.tar", "old.tar"), ("tiny.lock", "old.lock")] {
        std::fs::rename(stack.path(from), stack.path(to)).expect("a file");
    }
    keyless.sign(&Signing::new(Tag, OTHER));
    let spec = std::fs::read_to_string(stack.path("tiny.yaml")).expect("the spec");
    stack.write("tiny.yaml", &spec.replace("version: 1.0.0", "version: 1.0.1"));
    stack.bundle(tiny.build()).ok();
    let signer = format!("{IMAGE}: signer `{FALCO}` of `{GITHUB}` → `{OTHER}` of `{GITHUB}`");
    let same = |one, other| stack.bundle(["diff", one, other]);
    for (one, other) in [("old.lock", "tiny.lock"), ("old.tar", "tiny.lock"), ("old.lock", "tiny.tar")] {
        let ran = same(one, other);
        assert_eq!((ran.code, ran.stdout), (Some(1), format!("{signer}\n")), "{one} {other}");
    }
    let ran = same("old.tar", "tiny.tar");
    let said = tiny.plain(&ran.stdout);
    let all = format!("bundle: tiny 1.0.0 → tiny 1.0.1\n{signer}\nbundle.yaml: [digest 1] → [digest 2]\n");
    assert_eq!((ran.code, said), (Some(1), all));
    for one in ["tiny.tar", "tiny.lock"] {
        assert_eq!(same(one, one).ok(), "no differences\n");
    }
    stack.write("none", "neither");
    assert_eq!(same("none", "tiny.lock").code, Some(1), "it is no bundle");
}

fn outdated(change: &str) -> String {
    format!(
        "error: the lock `tiny.lock` is out of date:\n{change}\n\nhint: look at each change, then take it over with \
         `bundle lock SPEC --update`, or `--update NAME` for one\n"
    )
}
