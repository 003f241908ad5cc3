//! The program itself, serving on a loopback port that the system chose.

use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::program;

/// `bundle serve`, ended when it is dropped.
pub struct Served {
    /// Where it listens.
    pub address: String,
    /// The first line that it printed.
    pub announced: String,
    process: Child,
    stdout: BufReader<ChildStdout>,
    log: Receiver<String>,
}

impl Served {
    /// Serves `b.tar` of a folder, with more arguments.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::of("b.tar", folder, arguments)
    }

    /// Serves a file of a folder.
    pub fn of(file: &str, folder: &Path, arguments: &[&str]) -> Self {
        Self::started(Command::new(program()), file, folder, arguments)
    }

    /// Serves `b.tar` where not a byte can be written to any file.
    pub fn start_unable_to_write(folder: &Path, arguments: &[&str]) -> Self {
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", "ulimit -f 0; exec \"$0\" \"$@\"", program()]);
        Self::started(limited, "b.tar", folder, arguments)
    }

    fn started(mut command: Command, file: &str, folder: &Path, arguments: &[&str]) -> Self {
        command.args(["serve", file, "--listen", "127.0.0.1:0"]).args(arguments).current_dir(folder);
        command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program runs");
        let mut stdout = BufReader::new(process.stdout.take().expect("stdout"));
        let stderr = BufReader::new(process.stderr.take().expect("stderr"));
        let (sender, log) = channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let address = said["result"]["address"].as_str().or_else(|| line.trim().strip_prefix("serving on "));
        let address = address.map(str::to_owned).unwrap_or_else(|| {
            panic!("it does not serve: {}", log.iter().collect::<Vec<_>>().join("\n"));
        });
        Self { address, announced: line, process, stdout, log }
    }

    /// Returns an address below `/v2/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/v2/{path}", self.address)
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let process = Pid::from_raw(self.process.id().cast_signed());
        kill(process, Signal::SIGTERM).expect("it runs");
    }

    /// Waits for its end, and returns its code, the rest of stdout, and the rest of what it logged.
    pub fn end(&mut self) -> (Option<i32>, String, Vec<String>) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("stdout");
        let code = self.process.wait().expect("its end").code();
        (code, rest, self.log.iter().collect())
    }

    /// Returns the next line that it logs.
    pub fn logged(&self) -> String {
        self.log.recv().expect("it runs")
    }

    /// Returns the most memory that it ever had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        peak_kib(self.process.id()).expect("it runs")
    }
}

/// Returns the most memory that a process ever had, in KiB; `None` where it has ended.
// See: proc(5), "VmHWM"
pub fn peak_kib(id: u32) -> Option<u64> {
    status_kib(id, "VmHWM:")
}

/// Returns the memory that a process has now for what it works on, in KiB: all but the pages of files, its own program among them.
// See: proc(5), "RssAnon"
pub fn anonymous_kib(id: u32) -> Option<u64> {
    status_kib(id, "RssAnon:")
}

fn status_kib(id: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
