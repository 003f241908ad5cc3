//! One run of one command, as the operating system accounts for it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::Failure;

/// The figures of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// From start to end.
    pub seconds: f64,
    /// The most memory that was resident at once, in KiB; never less than what this program has when it starts it.
    pub peak_kib: u64,
    /// Bytes that were asked to be read, from files (and the odd pipe), not from sockets.
    pub read: u64,
    /// Bytes that were given to `write` and its like.
    pub written: u64,
    /// Bytes of files that became dirty: what has to reach the disk.
    pub dirtied: u64,
}

/// Runs a command and appends `NAME SECONDS PEAK READ WRITTEN DIRTIED` to the results.
pub fn append(name: &str, results: &Path, command: &[String]) -> Result<(), Failure> {
    let figures = run(command)?;
    let Figures { seconds, peak_kib, read, written, dirtied } = figures;
    let mut file = OpenOptions::new().create(true).append(true).open(results)?;
    Ok(writeln!(file, "{name} {seconds} {peak_kib} {read} {written} {dirtied}")?)
}

fn run(command: &[String]) -> Result<Figures, Failure> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let start = Instant::now();
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let id = Pid::from_raw(i32::try_from(child.id())?);
    // What has ended but was not waited for still has its accounts.
    waitid(Id::Pid(id), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    let seconds = start.elapsed().as_secs_f64();
    let accounts = std::fs::read_to_string(format!("/proc/{id}/io"))?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("`{}`: {status}", command.join(" ")).into());
    }
    let peak_kib = u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss())?;
    let account = |name: &str| {
        let value = accounts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.and_then(|value| value.parse().ok()).unwrap_or_default()
    };
    let (read, written, dirtied) = (account("rchar"), account("wchar"), account("write_bytes"));
    Ok(Figures { seconds, peak_kib, read, written, dirtied })
}

/// Reads results back: name and figures, in the order of the runs.
pub fn load(results: &Path) -> Result<Vec<(String, Figures)>, Failure> {
    std::fs::read_to_string(results)?.lines().map(parse).collect()
}

fn parse(line: &str) -> Result<(String, Figures), Failure> {
    let fields: Vec<_> = line.split(' ').collect();
    let [name, seconds, peak_kib, read, written, dirtied] = fields[..] else {
        return Err(format!("not a result: `{line}`").into());
    };
    let figures = Figures {
        seconds: seconds.parse()?,
        peak_kib: peak_kib.parse()?,
        read: read.parse()?,
        written: written.parse()?,
        dirtied: dirtied.parse()?,
    };
    Ok((name.to_owned(), figures))
}
