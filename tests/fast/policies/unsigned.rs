//! The policy `key`, and an image that nothing signs.

use bundle_testing::tiny::{Tiny, spec};

#[test]
fn an_image_without_a_signature_is_refused() {
    let tiny = Tiny::new();
    let key = tiny.stack.keys("theirs");
    let pem = serde_json::Value::from(key.public_key().to_pem());
    tiny.stack.write("tiny.yaml", &spec(&format!("{{key: {{pem: {pem}}}}}")));
    insta::assert_snapshot!(tiny.fails(1, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - `docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries no signature

        hint: do not take this content; if upstream changed its signer, change the policy in the spec
        ");
}
