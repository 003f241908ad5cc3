//! A command that a signal ends leaves no unfinished file.

use std::fs;

use tokio::signal::unix::{SignalKind, signal};

use crate::output::discard_all;

/// What shells add to the number of the signal that ended a program.
// See: POSIX, Shell Command Language, 2.8.2
const ENDED_BY: i32 = 128;

/// Removes unfinished files when a signal asks the process to end, and ends it. An ignored signal stays ignored.
pub fn discard_when_told() {
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // If it cannot be caught, the signal ends the process as it always did.
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

/// Returns whether the parent of this process made it ignore a signal, as `nohup` does.
// See: proc_pid_status(5)
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}
