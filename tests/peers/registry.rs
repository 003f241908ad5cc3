//! Real registries, each on a loopback port that the system chose.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bundle_testing::programs::Programs;

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
        Self::docker_in(programs, folder, "docker-registry", http, sections)
    }

    /// Starts another one beside it, with a name and storage of its own.
    pub fn docker_in(programs: &Programs, folder: &Path, name: &str, http: &str, sections: &str) -> Self {
        Self::distribution_of("docker-registry", programs, folder, name, http, sections)
    }

    /// Starts distribution 3.1, docker-registry's successor: no referrers API either.
    pub fn distribution(programs: &Programs, folder: &Path) -> Self {
        Self::distribution_of("distribution", programs, folder, "distribution", "", "")
    }

    fn distribution_of(
        program: &str,
        programs: &Programs,
        folder: &Path,
        name: &str,
        http: &str,
        sections: &str,
    ) -> Self {
        let storage = folder.join(name);
        let configuration = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {storage:?}}}}}\nhttp: {{addr: 127.0.0.1:0{http}}}\n{sections}"
        );
        let file = format!("{name}.yaml");
        fs::write(folder.join(&file), configuration).expect("a file");
        let mut command = programs.command(program, folder);
        command.args(["serve", &file]);
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
