//! Which login is found for what, and the errors for files and helpers that cannot be used.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::registry::error::RegistryError;

/// `USER:secret` in base64.
fn auth(user: &str) -> Value {
    use base64::Engine as _;
    json!({"auth": base64::prelude::BASE64_STANDARD.encode(format!("{user}:secret"))})
}

/// Looks up in files, each a text; helpers answer `HELPER for SERVER`, but for `empty`, which has no login.
fn lookup(files: &[&str], host: &str, repository: &str) -> Result<String, RegistryError> {
    let folder = TempDir::new().unwrap();
    let write = |(number, text): (usize, &&str)| {
        let path = folder.path().join(format!("{number}.json"));
        fs::write(&path, text).unwrap();
        path
    };
    let usual = files.iter().enumerate().map(write).collect();
    let mut ask = |helper: &str, server: &str| match helper {
        "empty" => Ok(None),
        _ => Ok(Some(Login::Identity(format!("{helper} for {server}")))),
    };
    let login = LoginFiles { named: None, usual }.login(host, repository, &mut ask)?;
    Ok(match login {
        Login::Anonymous => String::new(),
        Login::Basic(user, password) => format!("{user}:{password}"),
        Login::Identity(token) => token,
    })
}

fn found(file: &Value, host: &str, repository: &str) -> String {
    lookup(&[&file.to_string()], host, repository).unwrap()
}

#[test]
fn the_longest_part_of_the_path_wins() {
    let file = json!({"auths": {
        "registry.lan": auth("all"), "registry.lan/team": auth("team"), "registry.lan/team/app": auth("app"),
        "registry.lan:5000/team": auth("port"), "quay.io/team": auth("quay"),
    }});
    for (host, repository, expected) in [
        ("registry.lan", "other/app", "all:secret"),
        ("registry.lan", "teams/app", "all:secret"),
        ("registry.lan", "team/other", "team:secret"),
        ("registry.lan", "team", "team:secret"),
        ("registry.lan", "team/app", "app:secret"),
        ("registry.lan", "team/app/deep", "app:secret"),
        ("registry.lan:5000", "team/app", "port:secret"),
        ("registry.lan:5000", "other/app", ""),
        ("quay.io", "other/app", ""),
        ("lan", "team/app", ""),
    ] {
        assert_eq!(found(&file, host, repository), expected, "{host}/{repository}");
    }
}

#[test]
fn a_host_is_known_by_the_names_that_tools_give_it() {
    for (key, host) in [
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
        ("index.docker.io/v1/", "registry-1.docker.io"),
        ("docker.io", "registry-1.docker.io"),
        ("https://registry.lan:5000", "registry.lan:5000"),
        ("http://registry.lan:5000/v2/", "registry.lan:5000"),
        ("registry.lan/v2/", "registry.lan"),
    ] {
        assert_eq!(found(&json!({"auths": {key: auth("me")}}), host, "a/b"), "me:secret", "{key}");
        assert_eq!(found(&json!({"auths": {key: auth("me")}}), "other.lan", "a/b"), "", "{key}");
    }
}

#[test]
fn an_entry_holds_a_login_in_one_of_its_forms() {
    for (entry, expected) in [
        (json!({"auth": "bWU6c2VjcmV0"}), "me:secret"),
        (json!({"auth": "bWU6c2VjcmV0OnRvbw"}), "me:secret:too"),
        (json!({"auth": "bWU6c2VjcmV0AAA="}), "me:secret"),
        (json!({"username": "me", "password": "secret"}), "me:secret"),
        (json!({"auth": "", "identitytoken": "token"}), "token"),
        (json!({"auth": "bWU6c2VjcmV0", "identitytoken": "token"}), "token"),
        (json!({"username": "me"}), ""),
        (json!({}), ""),
        (json!({"email": "me@example.com"}), ""),
    ] {
        assert_eq!(
            found(&json!({"auths": {"registry.lan": entry}}), "registry.lan", "a"),
            expected,
            "{entry}"
        );
    }
}

#[test]
fn helpers_are_asked_for_a_host_first_and_for_all_last() {
    let hub = "registry-1.docker.io";
    for (file, host, expected) in [
        (
            json!({"credHelpers": {"registry.lan": "own"}, "credsStore": "all"}),
            "registry.lan",
            "own for registry.lan",
        ),
        (
            json!({"credHelpers": {"registry.lan": "own"}, "credsStore": "all"}),
            "other.lan",
            "all for other.lan",
        ),
        (json!({"credHelpers": {"registry.lan": ""}}), "registry.lan", ""),
        (
            json!({"credHelpers": {"registry.lan": "own"}, "auths": {"registry.lan": auth("me")}}),
            "registry.lan",
            "own for registry.lan",
        ),
        (
            json!({"credHelpers": {"registry.lan": "empty"}, "auths": {"registry.lan": auth("me")}}),
            "registry.lan",
            "me:secret",
        ),
        (json!({"credsStore": "all", "auths": {"registry.lan": auth("me")}}), "registry.lan", "me:secret"),
        (json!({"credsStore": "all", "auths": {"registry.lan": {}}}), "registry.lan", "all for registry.lan"),
        (json!({"credsStore": "empty"}), "registry.lan", ""),
        (json!({"credsStore": "all"}), hub, "all for https://index.docker.io/v1/"),
        (json!({"credHelpers": {"docker.io": "own"}}), hub, "own for docker.io"),
        (
            json!({"credHelpers": {"https://index.docker.io/v1/": "own"}}),
            hub,
            "own for https://index.docker.io/v1/",
        ),
    ] {
        assert_eq!(found(&file, host, "a/b"), expected, "{file}");
    }
}

#[test]
fn the_first_file_that_knows_a_login_counts() {
    let file = |user: &str| json!({"auths": {"registry.lan": auth(user)}}).to_string();
    let look = |files: &[&str]| lookup(files, "registry.lan", "a/b").unwrap();
    assert_eq!(look(&[&file("one"), &file("two")]), "one:secret");
    assert_eq!(look(&["{}", "", " \n", &file("two")]), "two:secret");
    assert_eq!(look(&[r#"{"credsStore": "empty"}"#, &file("two")]), "two:secret");
    assert_eq!(look(&[]), "");
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_nothing_of_it_told() {
    let position = |line, column| {
        format!(
            "expected JSON as `docker login` writes it, found something else at line {line}, column {column}"
        )
    };
    let undecodable = "what it holds for `registry.lan` is not base64 of USER:PASSWORD".to_owned();
    for (text, expected) in [
        ("planted", position(1, 1)),
        ("{\n\"auths\": \"planted\"}", position(2, 18)),
        ("{\"auths\": {\"registry.lan\": {\"auth\": 1}}}", position(1, 37)),
        ("{\"auths\": {\"registry.lan\": {\"auth\": \"planted!\"}}}", undecodable.clone()),
        ("{\"auths\": {\"registry.lan\": {\"auth\": \"cGxhbnRlZA==\"}}}", undecodable),
    ] {
        let error = lookup(&[text], "registry.lan", "a/b").unwrap_err();
        let said = error.to_string();
        let (file, reason) = said.split_once("0.json`: ").unwrap();
        assert!(file.starts_with("the credential file `/"), "{said}");
        assert_eq!(reason, expected, "{text}");
        assert!(error.hint().unwrap().starts_with("fix the file, or remove it"));
    }
}

#[test]
fn only_a_file_that_was_named_has_to_be_there() {
    let login = |named: Option<&str>, usual: &[&str]| {
        let usual = usual.iter().map(Into::into).collect();
        LoginFiles { named: named.map(Into::into), usual }.login("registry.lan", "a", &mut |_, _| Ok(None))
    };
    assert!(login(None, &["/nonexistent/config.json", "/dev/null/config.json"]).is_ok());
    assert_eq!(
        login(Some("/nonexistent/auth.json"), &[]).err().unwrap().to_string(),
        "the credential file `/nonexistent/auth.json`: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn a_helper_that_is_not_there_is_named() {
    let error = helper::ask("of-no-test", "registry.lan").err().unwrap();
    assert_eq!(
        error.to_string(),
        "the credential helper `docker-credential-of-no-test`: cannot be run: No such file or directory (os error 2)"
    );
}
