//! The program itself, serving on a loopback port that the system chose.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

/// `bundle serve`, ended when it is dropped.
pub struct Served {
    /// Where it listens.
    pub address: String,
    process: Child,
}

impl Served {
    /// Serves `b.tar` of a folder, with more arguments.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bundle"));
        command.args(["serve", "b.tar", "--listen", "127.0.0.1:0"]).args(arguments).current_dir(folder);
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
        let address = line.trim().strip_prefix("serving on ").unwrap_or_else(|| {
            panic!("it does not serve: {}", log.iter().collect::<Vec<_>>().join("\n"));
        });
        Self { address: address.to_owned(), process }
    }

    /// Returns an address below `/v2/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/v2/{path}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
