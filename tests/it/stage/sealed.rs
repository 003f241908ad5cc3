//! The stage is sealed: what a bundle lacks cannot come from anywhere.

use std::time::{Duration, Instant};

use super::ground::Ground;

// See: RFC 5737, addresses for documentation: nobody has them
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
