use super::*;
use crate::spec::{Pattern, SubjectMatch};

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "https://github.com/o/r/.github/workflows/release.yaml@refs/tags/v1.0.0";

fn claims() -> Claims {
    let twice = |value: &str| Claim(vec![value.to_owned(), value.to_owned()]);
    Claims {
        subject: SUBJECT.to_owned(),
        issuer: ISSUER.to_owned(),
        repository: twice("o/r"),
        git_ref: twice("refs/tags/v1.0.0"),
        trigger: twice("push"),
    }
}

#[test]
fn all_that_is_given_has_to_hold() {
    let exact = Identity::exact(ISSUER, SUBJECT);
    assert!(claims().are_of(&exact));
    let some = |text: &str| Some(text.to_owned());
    let full = Identity {
        repository: some("o/r"),
        git_ref: some("refs/tags/v1.0.0"),
        trigger: some("push"),
        ..exact.clone()
    };
    assert!(claims().are_of(&full));
    for other in [
        Identity::exact(ISSUER, &SUBJECT.to_uppercase()),
        Identity::exact(ISSUER, &format!("{SUBJECT}-rc1")),
        Identity::exact(ISSUER, "https://github.com/o/r/"),
        Identity::exact(&format!("{ISSUER}/"), SUBJECT),
        Identity::exact("https://accounts.google.com", SUBJECT),
        Identity::new(ISSUER, SubjectMatch::Pattern(Pattern::parse("https://github.com/o/r/").unwrap())),
        Identity { repository: some("o/R"), ..exact.clone() },
        Identity { git_ref: some("refs/heads/main"), ..exact.clone() },
        Identity { trigger: some("workflow_dispatch"), ..exact },
    ] {
        assert!(!claims().are_of(&other), "{other}");
    }
}

#[test]
fn a_claim_that_is_absent_or_contradicts_itself_does_not_hold() {
    let identity = Identity { repository: Some("o/r".to_owned()), ..Identity::exact(ISSUER, SUBJECT) };
    for (values, found) in
        [(vec![], ", repository absent"), (vec!["o/r", "x/y"], ", repository `o/r` and `x/y`")]
    {
        let repository = Claim(values.into_iter().map(str::to_owned).collect());
        let claims = Claims { repository, ..claims() };
        assert!(!claims.are_of(&identity));
        assert_eq!(claims.differences(&identity), found);
    }
    assert_eq!(claims().differences(&identity), "");
}
