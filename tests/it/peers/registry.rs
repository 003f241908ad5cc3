//! Real registries, each on a loopback port that the system chose.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::programs::Programs;

/// A registry's process, ended when it is dropped.
pub struct Registry {
    /// Where it listens.
    pub address: String,
    process: Child,
}

impl Registry {
    /// Starts Debian's docker-registry (distribution 2.8): no referrers API.
    pub fn docker(programs: &Programs, folder: &Path) -> Self {
        Self::docker_with(programs, folder, "", "")
    }

    /// Starts it with more of its configuration: entries of `http`, each after a comma, and further sections.
    pub fn docker_with(programs: &Programs, folder: &Path, http: &str, sections: &str) -> Self {
        let storage = folder.join("docker-registry");
        let configuration = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {storage:?}}}}}\nhttp: {{addr: 127.0.0.1:0{http}}}\n{sections}"
        );
        fs::write(folder.join("docker-registry.yaml"), configuration).expect("a file");
        let mut command = programs.command("docker-registry", folder);
        command.args(["serve", "docker-registry.yaml"]);
        Self::start(command, "listening on ")
    }

    /// Starts crane's registry: in memory, with the referrers API.
    pub fn crane(programs: &Programs, folder: &Path) -> Self {
        let mut command = programs.command("crane", folder);
        command.args(["registry", "serve", "--address", "127.0.0.1:0"]);
        Self::start(command, "serving on port ")
    }

    /// Starts a registry and waits for the line of its log that ends with its address.
    fn start(mut command: Command, announces: &str) -> Self {
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a process");
        let mut log = BufReader::new(process.stderr.take().expect("a log"));
        let mut registry = Self { address: String::new(), process };
        while registry.address.is_empty() {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("a log") > 0, "it ended before it listened");
            registry.address = line.split_once(announces).map(|(_, rest)| address(rest)).unwrap_or_default();
        }
        // The rest of the log must be read, or the registry stops at a full pipe.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        registry
    }
}

fn address(text: &str) -> String {
    let found: String =
        text.chars().take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter)).collect();
    if found.contains(':') { found } else { format!("127.0.0.1:{found}") }
}

impl Drop for Registry {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
