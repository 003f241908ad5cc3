//! The stage is sealed: what a bundle lacks cannot come from anywhere.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::ground::Ground;
use bundle_testing::internet::sigstore::signings;

// See: RFC 5737, addresses for documentation: no machine has them
const OUTSIDE: [&str; 2] = ["192.0.2.1", "198.51.100.7"];

pub fn nothing_outside_is_reached(ground: &Ground) {
    let began = Instant::now();
    for address in OUTSIDE {
        let connect = format!("exec 3<>/dev/tcp/{address}/443");
        let ran = ground.stage.exec(["bash", "-c", &connect]);
        assert_eq!(ran.code, Some(1));
        let words = format!("connect: Network is unreachable\nbash: line 1: /dev/tcp/{address}/443");
        assert!(ran.stderr.contains(&words), "{}", ran.stderr);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "it takes {:?} to fail", began.elapsed());
    for family in ["-4", "-6"] {
        assert_eq!(ground.stage.exec(["ip", family, "route", "show", "default"]).ok(), "");
    }
}

/// What upstream signed is verified with what the bundle carries, and nothing else.
pub fn every_signature_is_verified_without_a_route(ground: &Ground) {
    let verify = ["verify", "b.tar", "--key", "mine.pub", "--trusted-root", "root.json", "--format", "json"];
    let verified: Value = serde_json::from_str(&ground.stage.bundle(verify).ok()).expect("JSON");
    for item in verified["result"]["items"].as_array().expect("items") {
        let reference = item["ref"].as_str().expect("a reference").parse().expect("a reference");
        let made = signings(&reference);
        let expected = made.first().map_or(Value::Null, |signing| signing.identity.clone().into());
        assert_eq!(item["signatures"][0]["signer"]["certificate"]["identity"], expected, "{reference}");
    }
}
