//! Identifies processes of this machine, and finds out whether one has ended.

use std::fs;

use crate::digest::Digest;

/// Returns an identifier of this process, for [`has_ended`]. No other process has the same.
pub fn token() -> Option<String> {
    let id = std::process::id();
    Some(format!("{}-{id}-{}", place()?, started(id)?))
}

/// Returns whether the process of a token has ended. `false` for a process of another machine or container, which cannot be checked.
pub fn has_ended(token: &str) -> bool {
    let mut parts = token.split('-');
    let (Some(there), Some(id), Some(start)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let Ok(id) = id.parse() else { return false };
    place().is_some_and(|here| here == there) && started(id).as_deref() != Some(start)
}

/// Returns an identifier that all processes which see each other share: of the machine's boot and the PID namespace.
// See: proc_sys_kernel(5), namespaces(7)
fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let mut hex = Digest::of(format!("{}{}", boot.trim(), namespace.display()).as_bytes()).hex();
    hex.truncate(8);
    Some(hex)
}

/// Returns when a process started, in clock ticks since boot; `None` if it does not exist or is a zombie.
// See: proc_pid_stat(5)
fn started(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_until_it_ends() {
        let own = token().expect("this is Linux");
        assert!(!has_ended(&own));
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let (place, id) = (place().expect("this is Linux"), child.id());
        let start = started(id);
        child.wait().expect("its end");
        if let Some(start) = start {
            assert!(has_ended(&format!("{place}-{id}-{start}")));
        }
        // Another process may get the same number, but not the same start time.
        assert!(has_ended(&format!("{place}-{}-1", std::process::id())));
    }

    #[test]
    fn a_foreign_or_malformed_token_has_not_ended() {
        for token in ["", "7f", "00000000-1-1", "a-b-c"] {
            assert!(!has_ended(token), "{token}");
        }
    }
}
