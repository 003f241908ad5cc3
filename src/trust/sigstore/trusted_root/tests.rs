use serde_json::json;

use super::*;

#[test]
fn the_embedded_root_is_usable_and_dated() {
    let root = TrustedRoot::embedded().unwrap();
    assert_eq!(root.newest_date().unwrap(), "2025-09-23T00:00:00Z");
    assert_eq!(root.newest(), Some(1_758_585_600));
    assert_eq!(root.digest(), Digest::of(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes()));
}

#[test]
fn roots_that_cannot_be_used_are_refused() {
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut root: Value = serde_json::from_str(SIGSTORE_PRODUCTION_TRUSTED_ROOT).unwrap();
        edit(&mut root);
        TrustedRoot::parse(root.to_string().as_bytes()).map(|_| ()).map_err(|error| error.to_string())
    };
    let other = "expected a trusted root of media type \
                 `application/vnd.dev.sigstore.trustedroot+json;version=0.1`, found";
    assert_eq!(edited(&|root| root["mediaType"] = json!("x")), Err(format!("{other} `x`")));
    assert_eq!(edited(&|root| root["mediaType"] = json!(null)), Err(format!("{other} ``")));
    assert_eq!(
        edited(&|root| _ = root["tlogs"][0]["publicKey"].as_object_mut().unwrap().remove("validFor")),
        Err("the key of the log `https://rekor.sigstore.dev` in the trusted root has no `validFor`"
            .to_owned())
    );
    assert_eq!(
        edited(&|root| root["tlogs"][1] = root["tlogs"][0].clone()),
        Err("the trusted root cannot be used: invalid trusted root: duplicate trusted log ID: \
             c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d"
            .to_owned())
    );
    assert_eq!(
        edited(&|root| root["tlogs"][0]["logId"] = json!(null)),
        Err("the trusted root cannot be read: invalid type: null, expected struct LogId".to_owned())
    );
    // Cosign does not ask for the address of an authority.
    let unnamed = |root: &mut Value| {
        _ = root["certificateAuthorities"][0].as_object_mut().unwrap().remove("uri");
    };
    assert_eq!(edited(&unnamed), Ok(()));
    for (text, error) in [
        (vec![b' '; 1_048_577], "the trusted root has 1048577 bytes, at most 1048576 are read"),
        (vec![b'{'], "the trusted root cannot be read: EOF while parsing an object at line 1 column 1"),
    ] {
        assert_eq!(TrustedRoot::parse(&text).unwrap_err().to_string(), error);
    }
}

#[test]
fn the_embedded_root_is_called_old_after_half_a_year() {
    let published = 1_792_713_600;
    let day = 24 * 60 * 60;
    for (now, expected) in [
        (0, None),
        (published, None),
        (published + 180 * day, None),
        (
            published + 181 * day,
            Some(
                "the trusted root that is built in is of 2026-10-23, 181 days ago: keys that came or went since are not known \
                 to it; use a newer `bundle`, or give a newer root with --trusted-root",
            ),
        ),
    ] {
        assert_eq!(embedded_is_old(now).as_deref(), expected);
    }
}

#[test]
fn a_root_says_which_it_is_and_of_when() {
    assert_eq!(TrustedRoot::embedded().unwrap().to_string(), "public Sigstore, built in, of 2026-10-23");
    let text = SIGSTORE_PRODUCTION_TRUSTED_ROOT.replace("\n", "");
    let given = TrustedRoot::parse(text.as_bytes()).unwrap();
    let newest = given.newest_date().unwrap();
    assert_eq!(given.to_string(), format!("given, {}, newest key of {newest}", Digest::of(text.as_bytes())));
}
