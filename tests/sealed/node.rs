//! A stage of this process: brought up, used, and ended whatever happens.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::thread::panicking;

use bundle_testing::cluster::objects::Objects;
use bundle_testing::support::{PASSWORD, Ran, project};

const PREFIX: &str = "bundle-test-";
/// Where the stages that are up are written down, each in a file of its name.
const RECORDS: &str = "/run/bundle-stages";

/// A sealed node; it ends when this is dropped, also in a panic.
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
    programs: PathBuf,
    folder: PathBuf,
    _alone: File,
}

impl Stage {
    /// Waits until no other run has a stage, and brings up one in a folder, which is also where its commands run; `of` tells one from another of this process.
    pub fn up(programs: &Path, folder: &Path, of: &str) -> Self {
        let alone = alone();
        clear_left_behind();
        let name = format!("{PREFIX}{}-{of}", id());
        let (directory, folder) = (folder.join("stage"), folder.to_owned());
        let stage = Self { name, directory, programs: programs.to_owned(), folder, _alone: alone };
        let directory = stage.directory.to_str().expect("a plain path");
        stage.run(["up", directory]).ok();
        stage
    }

    /// Runs a command inside.
    pub fn exec<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.run(["exec"].into_iter().chain(arguments))
    }

    /// Runs `bundle` inside.
    pub fn bundle<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.exec([bundle_testing::support::program()].into_iter().chain(arguments))
    }

    /// Lists everything in its cluster.
    pub fn objects(&self) -> Objects {
        Objects::of(|arguments| self.kubectl(arguments.iter().copied()))
    }

    /// Runs `kubectl` inside, as the cluster's administrator.
    pub fn kubectl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.exec(["kubectl"].into_iter().chain(arguments))
    }

    /// Reads one of its files.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).expect("a file of the stage")
    }

    /// Runs the stage's own script, with nothing of this machine's in its environment but the search path.
    pub fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.command(arguments).output().expect("the stage's script runs").into()
    }

    /// Returns a command that runs the stage's own script in this way.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(project().join("tests/stage/stage"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("COSIGN_PASSWORD", PASSWORD)
            .env("BUNDLE_PARTS", &self.programs)
            .env("STAGE_NAME", &self.name);
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let ended = self.run(["down"]);
        assert!(ended.code == Some(0) || panicking(), "the stage does not end: {}", ended.stderr);
        fs::remove_file(Path::new(RECORDS).join(&self.name)).ok();
    }
}

/// Waits for the one stage of this machine: two would be too slow for what both wait for. The lock ends with the file.
fn alone() -> File {
    fs::create_dir_all(RECORDS).expect("root");
    let file = File::create(Path::new(RECORDS).join(".alone")).expect("root");
    file.lock().expect("a lock");
    file
}

/// Ends the stages of test runs that were killed: their names tell the process that they belonged to.
fn clear_left_behind() {
    for record in fs::read_dir(RECORDS).into_iter().flatten().flatten() {
        let name = record.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()) else { continue };
        if Path::new("/proc").join(owner).exists() {
            continue;
        }
        let mut down = Command::new(project().join("tests/stage/stage"));
        let ended = down.arg("down").env("STAGE_NAME", &name).output();
        assert!(ended.is_ok_and(|ended| ended.status.success()), "the stage `{name}` of a killed run stays");
        fs::remove_file(record.path()).ok();
    }
}
