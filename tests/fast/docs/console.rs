//! The console blocks of the README and the manual.
//!
//! - ```` ```console run ````: the block is run against the stand-in for the internet, and its output is compared.
//! - ```` ```console ````: the block is not run (it needs a cluster, other machines or other programs). Each of its `bundle` commands
//!   still has to be one that the program takes: a unit test of `src/cli` parses them.
//! - ```` ```yaml file=NAME ````: the block becomes the file `NAME` before the blocks after it are run.
//!
//! The blocks of a page are run in order in one folder with the shipped specs, sites and layers. Commands are as a reader
//! types them; `--registries` and `--trusted-root` lead them to the stand-in, and `registry.lan:5000` is an empty registry. A
//! command without output lines may print anything. One that fails is followed by `$ echo $?`. In a block that is run, a
//! command that needs a cluster is only parsed.
//!
//! `UPDATE_DOCS=1 cargo test --test fast docs::console` writes what was printed into the pages; read the difference afterwards.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Command;

use super::links::pages;
use super::page::{Block, blocks, read};
use super::transcript::{Step, fits, steps, words};
use bundle_testing::support::{Stack, bundle_command, project};

const RUN: &str = "console run";
const REGISTRY: &str = "registry.lan:5000";
/// They need a cluster, or do not end by themselves.
const PARSED_ONLY: [&str; 6] = ["install", "probe", "status", "enforce", "uninstall", "serve"];
/// Other programs that blocks can use: every machine that can run the tests has them.
const PROGRAMS: [&str; 7] = ["cat", "cp", "head", "ls", "mkdir", "sha256sum", "tar"];
/// What the pages have to run between them: the crossing, but for the cluster.
const CROSSING: [&str; 7] = ["keygen", "lock", "build", "inspect", "verify", "push", "render"];

/// A page that is being run.
struct Reader<'a> {
    page: &'a str,
    stack: Stack,
    registry: String,
    code: Option<i32>,
    /// What is wrong.
    faults: Vec<String>,
    /// The `bundle` commands that were run.
    ran: BTreeSet<String>,
    /// First line, number of lines and new lines of outputs that differ from the page.
    news: Vec<(usize, usize, Vec<String>)>,
}

impl<'a> Reader<'a> {
    fn new(page: &'a str) -> Self {
        let stack = Stack::homelab();
        let registry = stack.upstream.empty(1).expect("an empty registry").to_string();
        let (faults, ran, news) = Default::default();
        Self { page, stack, registry, code: Some(0), faults, ran, news }
    }

    fn block(&mut self, block: &Block) {
        if let Some(name) = block.info.strip_prefix("yaml file=") {
            self.stack.write(name, &block.text);
        }
        if block.info == RUN {
            steps(block).iter().for_each(|step| self.step(step));
            self.succeeded(block.line);
        }
    }

    fn step(&mut self, step: &Step) {
        let words = words(&step.command);
        let output = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["echo", "$?"] => {
                let code = self.code.replace(0);
                code.map(|code| code.to_string()).into_iter().collect()
            }
            ["bundle", command, ..] if PARSED_ONLY.contains(command) => return self.parse(step, &words),
            ["bundle", command, ..] => {
                self.succeeded(step.line);
                self.ran.insert((*command).to_owned());
                self.run(self.bundle(&words[1..]))
            }
            [program, ..] if PROGRAMS.contains(program) => {
                self.succeeded(step.line);
                let mut command = Command::new(program);
                command.args(&words[1..]).current_dir(self.stack.folder.path());
                self.run(command)
            }
            _ => return self.fault(step.line, &format!("`{}` is not run by this test", step.command)),
        };
        if !step.shown.is_empty() && !fits(&step.shown, &output) {
            self.news.push((step.line, step.shown.len(), output.clone()));
            let shown = format!("`{}` printed\n{}", step.command, output.join("\n"));
            self.fault(step.line, &shown);
        }
    }

    /// Only `echo $?` may follow a command that failed.
    fn succeeded(&mut self, line: usize) {
        if self.code != Some(0) {
            self.fault(line, &format!("the command before ended with {:?}", self.code));
            self.code = Some(0);
        }
    }

    /// Asks for help after the arguments: what is wrong with them is found first.
    fn parse(&mut self, step: &Step, words: &[String]) {
        let asked = [&words[1..], &["--help".to_owned()]].concat();
        if bundle_command(self.stack.folder.path(), asked).output().expect("the program runs").status.code()
            != Some(0)
        {
            self.fault(step.line, &format!("`{}` is not a command", step.command));
        }
    }

    fn bundle(&self, arguments: &[String]) -> Command {
        let mut arguments: Vec<_> =
            arguments.iter().map(|argument| argument.replace(REGISTRY, &self.registry)).collect();
        let fetches = ["lock", "build"].contains(&arguments[0].as_str());
        if fetches && !arguments.iter().any(|argument| argument == "--registries") {
            arguments.extend(["--registries", "registries.yaml"].map(str::to_owned));
        }
        bundle_command(self.stack.folder.path(), self.stack.judging(arguments))
    }

    /// Returns what a terminal would show: both streams, in the order in which they were written.
    fn run(&mut self, mut command: Command) -> Vec<String> {
        let path = self.stack.folder.path().join("terminal.txt");
        let file = File::create(&path).expect("a file");
        command.stdout(file.try_clone().expect("a file")).stderr(file);
        self.code = command.status().expect("the program runs").code();
        let text = fs::read_to_string(&path).expect("text").replace(&self.registry, REGISTRY);
        fs::remove_file(path).expect("a file");
        text.lines().map(str::to_owned).collect()
    }

    fn fault(&mut self, line: usize, what: &str) {
        self.faults.push(format!("{}:{line}: {what}", self.page));
    }

    /// Writes what was printed into the page.
    fn update(&self) {
        let mut lines: Vec<_> = read(self.page).lines().map(str::to_owned).collect();
        for (line, count, output) in self.news.iter().rev() {
            lines.splice(line - 1..line - 1 + count, output.iter().cloned());
        }
        fs::write(project().join(self.page), lines.join("\n") + "\n").expect("a page");
    }
}

#[test]
fn what_the_pages_show_is_what_the_program_prints() {
    let (mut faults, mut ran) = (Vec::new(), BTreeSet::new());
    for page in pages() {
        let blocks = blocks(&read(&page));
        if !blocks.iter().any(|block| block.info == RUN) {
            continue;
        }
        let mut reader = Reader::new(&page);
        blocks.iter().for_each(|block| reader.block(block));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            reader.update();
        }
        faults.extend(reader.faults);
        ran.extend(reader.ran);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let not_run: Vec<_> = CROSSING.iter().filter(|command| !ran.contains(**command)).collect();
    assert!(not_run.is_empty(), "no page runs {not_run:?}");
}

#[test]
fn every_console_block_says_whether_it_is_run() {
    let known = ["console", RUN];
    for page in pages() {
        for block in blocks(&read(&page)).iter().filter(|block| block.info.starts_with("console")) {
            assert!(known.contains(&block.info.as_str()), "{page}:{}: `{}`", block.line, block.info);
        }
    }
}
