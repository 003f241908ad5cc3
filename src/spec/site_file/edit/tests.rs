use super::*;

const HEAD: &str = "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: 'registry.lan:5000'}\n";

fn edited(text: &str, policies: &[&str]) -> Result<String, EditError> {
    let policies: Vec<String> = policies.iter().map(|&name| name.to_owned()).collect();
    Site::with_enforcement(&format!("{HEAD}{text}"), "site.yaml", &policies, Enforcement::Deny)
}

fn check(text: &str, policies: &[&str], expected: &str) {
    let edited = edited(text, policies).expect("it can be edited");
    assert_eq!(edited.strip_prefix(HEAD), Some(expected), "{text}");
}

#[test]
fn the_enforcement_of_all_policies_is_replaced_where_it_stands() {
    check(
        "gatekeeper:\n  # not yet\n  enforcement: warn   # since May\n  exemptImages: [\"ü/*\"]\n",
        &[],
        "gatekeeper:\n  # not yet\n  enforcement: deny   # since May\n  exemptImages: [\"ü/*\"]\n",
    );
    check("gatekeeper: {enforcement: \"warn\"}\n", &[], "gatekeeper: {enforcement: deny}\n");
    check(
        "gatekeeper:\n  enforcement: 'dryrun'\n  policies:\n    - {name: block-latest-tag, enforcement: warn}\n    - name: require-labels\n",
        &[],
        "gatekeeper:\n  enforcement: deny\n  policies:\n    - {name: block-latest-tag, enforcement: deny}\n    - name: require-labels\n",
    );
}

#[test]
fn what_is_not_there_is_added() {
    check("", &[], "gatekeeper:\n  enforcement: deny\n");
    check("platform: k3s", &[], "platform: k3s\ngatekeeper:\n  enforcement: deny\n");
    check(
        "gatekeeper:\n    # ours\n    exemptNamespaces: [a]\n",
        &[],
        "gatekeeper:\n    # ours\n    enforcement: deny\n    exemptNamespaces: [a]\n",
    );
    check(
        "gatekeeper: { exemptNamespaces: [a] }\r\nplatform: k3s\r\n",
        &[],
        "gatekeeper: { enforcement: deny, exemptNamespaces: [a] }\r\nplatform: k3s\r\n",
    );
}

#[test]
fn one_policy_is_moved_and_the_others_stay() {
    check(
        "gatekeeper:\n  policies:\n    - {name: block-latest-tag}  # the first\n    - {name: require-labels, labels: [app]}\n",
        &["block-latest-tag"],
        "gatekeeper:\n  policies:\n    - {name: block-latest-tag, enforcement: deny}  # the first\n    - {name: require-labels, labels: [app]}\n",
    );
    check(
        "gatekeeper:\n  policies:\n  - labels: [app]\n    name: \"require-labels\" # x\n  - name: block-latest-tag",
        &["require-labels", "block-latest-tag"],
        "gatekeeper:\n  policies:\n  - labels: [app]\n    name: \"require-labels\" # x\n    enforcement: deny\n  - name: block-latest-tag\n    enforcement: deny",
    );
    check(
        "gatekeeper:\r\n  policies:\r\n    - name: require-labels\r\n    - name: block-latest-tag\r\n",
        &["require-labels"],
        "gatekeeper:\r\n  policies:\r\n    - name: require-labels\r\n      enforcement: deny\r\n    - name: block-latest-tag\r\n",
    );
}

#[test]
fn what_cannot_be_edited_safely_is_left_to_the_person() {
    for text in [
        "gatekeeper:\n  enforcement: &e warn\n  policies:\n    - {name: block-latest-tag, enforcement: *e}\n",
        "gatekeeper:\n  policies:\n    - {name: \"block-latest\\x2dtag\"}\n",
    ] {
        let error = edited(text, &["block-latest-tag"]).expect_err(text);
        assert_eq!(error.to_string(), "`site.yaml` cannot be edited safely", "{text}");
        assert_eq!(
            error.hint().as_deref(),
            Some(
                "write this into it, and then run the command without `--to-site`:\ngatekeeper:\n  policies:\n    - {name: block-latest-tag, enforcement: deny}"
            )
        );
    }
}

#[test]
fn a_list_that_is_not_there_would_have_to_name_every_policy() {
    for text in ["", "gatekeeper:\n  enforcement: warn\n"] {
        let hint = edited(text, &["require-labels"]).expect_err(text).hint().expect("a hint");
        let lines: Vec<&str> = hint.lines().skip(1).collect();
        assert_eq!(lines[..2], ["gatekeeper:", "  policies:"]);
        let policies =
            ["deny-privileged-containers", "require-labels", "require-container-limits", "block-latest-tag"];
        for (line, policy) in lines[2..].iter().zip(policies) {
            let own = if policy == "require-labels" { ", enforcement: deny" } else { "" };
            assert_eq!(*line, format!("    - {{name: {policy}{own}}}"));
        }
    }
}

#[test]
fn a_policy_that_the_site_does_not_list_is_named() {
    let error = edited("gatekeeper:\n  policies:\n    - {name: require-labels}\n", &["block-latest-tag"]);
    assert_eq!(error.expect_err("not listed").to_string(), "`site.yaml` lists no policy `block-latest-tag`");
}

#[test]
fn the_shipped_sites_can_be_edited() {
    for (text, policy) in [
        (include_str!("../../../../bundles/sites/homelab.yaml"), "require-labels"),
        (include_str!("../../../../bundles/sites/lumen.yaml"), "block-latest-tag"),
    ] {
        for action in [Enforcement::Warn, Enforcement::Dryrun, Enforcement::Deny] {
            for policies in [vec![], vec![policy.to_owned()]] {
                let edited = Site::with_enforcement(text, "site.yaml", &policies, action);
                let lines = |text: &str| text.lines().count();
                assert!(edited.is_ok_and(|edited| lines(&edited).abs_diff(lines(text)) <= 1), "{policies:?}");
            }
        }
    }
}
