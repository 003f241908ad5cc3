//! A process of a cluster, which ends with its owner.

use std::fs;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use bundle_testing::programs::Programs;

/// The process.
pub struct Process(Child);

impl Process {
    /// Starts a program in a folder; what it logs goes to `NAME.log`.
    pub fn start(programs: &Programs, folder: &Path, name: &str, arguments: &[&str]) -> Self {
        Self::spawn(programs, folder, name, arguments, Stdio::null())
    }

    /// Starts a program whose output is read.
    pub fn read(programs: &Programs, folder: &Path, name: &str, arguments: &[&str]) -> (Self, ChildStdout) {
        let mut process = Self::spawn(programs, folder, name, arguments, Stdio::piped());
        let printed = process.0.stdout.take().expect("its output");
        (process, printed)
    }

    fn spawn(programs: &Programs, folder: &Path, name: &str, arguments: &[&str], output: Stdio) -> Self {
        let log = fs::OpenOptions::new().create(true).append(true).open(folder.join(format!("{name}.log")));
        let mut command = programs.command(name, folder);
        command.args(arguments).stdin(Stdio::null()).stdout(output).stderr(log.expect("a file"));
        Self(command.spawn().expect("a process"))
    }

    /// Kills it, and returns when it is gone.
    pub fn kill(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
