//! What a signal ends leaves nothing unfinished behind.

use std::fs;

use tokio::signal::unix::{SignalKind, signal};

use crate::output::discard_all;

/// What shells add to the number of the signal that ended a program.
// See: POSIX, Shell Command Language, 2.8.2
const ENDED_BY: i32 = 128;

/// Removes what is unfinished when the process is told to end, and ends it. A signal that is ignored stays ignored.
pub fn discard_when_told() {
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // Without a place for it, the signal ends the process as it always did.
        let told = (!is_ignored(kind)).then(|| signal(kind).ok()).flatten();
        if let Some(mut told) = told {
            tokio::spawn(async move {
                told.recv().await;
                discard_all();
                std::process::exit(ENDED_BY + kind.as_raw_value());
            });
        }
    }
}

/// Tells whether who started this process had a signal ignored, as `nohup` does.
// See: proc_pid_status(5)
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}
