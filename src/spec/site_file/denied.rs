//! Finds the policies of a site in what Gatekeeper says about an object that it denies.

use super::policies::is_policy;

/// How the API server begins what it quotes from Gatekeeper.
// See: Gatekeeper docs, "Debugging": each line of a denial begins with the name of its constraint
const GATEKEEPER: &str = "admission webhook \"validation.gatekeeper.sh\" denied the request: ";

/// Returns the names of the policies of ours that deny an object, in the order of the message, each once; none when something else
/// than one of them refuses it.
#[must_use]
pub fn denying_policies(message: &str) -> Vec<&str> {
    let Some((_, denials)) = message.split_once(GATEKEEPER) else { return Vec::new() };
    let mut policies = Vec::new();
    for line in denials.lines() {
        if let Some((name, _)) = line.strip_prefix('[').and_then(|line| line.split_once(']'))
            && is_policy(name)
            && !policies.contains(&name)
        {
            policies.push(name);
        }
    }
    policies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_a_denial_are_named_once_each() {
        let message = format!(
            "{GATEKEEPER}[require-labels] Workload must have 'app.kubernetes.io/name' label\n\
             [block-latest-tag] Container <a> uses :latest tag: a\n[block-latest-tag] Container <b> uses :latest tag: b"
        );
        assert_eq!(denying_policies(&message), ["require-labels", "block-latest-tag"]);
    }

    #[test]
    fn other_refusals_name_no_policy() {
        for message in [
            "exceeded quota: pods".to_owned(),
            "admission webhook \"w\" denied the request: [require-labels] no".to_owned(),
            format!("{GATEKEEPER}[team-rules] no"),
            format!("{GATEKEEPER}no, [require-labels] or not"),
        ] {
            assert_eq!(denying_policies(&message), Vec::<&str>::new(), "{message}");
        }
    }
}
