//! What the stage's registry wrote down of the requests that `bundle` made.

use std::time::{Duration, Instant};

use super::node::Stage;

const LOG: &str = "registry.log";

/// A moment in the registry's log.
pub struct Traffic(usize);

impl Traffic {
    /// Remembers where the log ends.
    pub fn from_now(stage: &Stage) -> Self {
        Self(stage.read(LOG).len())
    }

    /// Returns what `bundle` has asked since: method and path.
    pub fn requests(&self, stage: &Stage) -> Vec<String> {
        let log = self.settled(stage);
        let ours = log.lines().filter(|line| line.contains("\"bundle/"));
        // HOST - - [TIME] "METHOD PATH HTTP/1.1" STATUS BYTES "REFERRER" "AGENT"
        let request = |line: &str| Some(line.split('"').nth(1)?.rsplit_once(' ')?.0.to_owned());
        ours.map(|line| request(line).unwrap_or_else(|| panic!("unexpected line: {line}"))).collect()
    }

    /// Returns the log once it holds a request of our own: what came before that is then written down too.
    fn settled(&self, stage: &Stage) -> String {
        let marker = format!("marker/{}", self.0);
        // Refused, since there is no such repository.
        let _refused = stage.exec(["crane", "ls", &format!("127.0.0.1:5000/{marker}")]);
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let log = stage.read(LOG)[self.0..].to_owned();
            if log.contains(&marker) {
                return log;
            }
            assert!(Instant::now() < deadline, "the registry writes no log: {log}");
        }
    }
}
