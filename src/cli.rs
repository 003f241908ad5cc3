//! The command line: arguments in, reports out. It alone decides what is printed, and the exit code.
//!
//! Exit codes: 0 yes, 1 no (refused, differs, unhealthy), 2 could not tell (usage, input, network).
//!
//! Rooms, each importing only from those before it: `environment` and `signals`, `failure`, `report`, `ui`, `options`, `manual`, `command`.

mod command;
#[cfg(test)]
mod documented;
mod environment;
mod failure;
mod manual;
mod options;
mod report;
mod signals;
#[cfg(test)]
mod tests;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, Parser, Subcommand};

use command::{airgap, connected};
pub use environment::Environment;
use failure::Failure;
use report::explained::Explained;
use ui::{Format, OutputOptions, Ui};

/// Threads for blocking work (disks, passwords, names); more work waits for one. A thread costs some 30 KiB.
const MAX_BLOCKING_THREADS: usize = 64;
/// How long the program waits at its end for blocking work that it no longer needs.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Below the list of commands.
const AFTER_HELP: &str = "\
Examples:
  bundle build bundles/homelab.yaml --key site.key
  bundle install homelab.tar --key site.pub --site site.yaml

Exit codes:
  0  yes: done, verified, as installed
  1  no: refused, different, unhealthy
  2  could not tell: wrong usage, unreadable input, or no answer

`bundle COMMAND --help` names the environment variables that a command reads.";

/// Carries a Kubernetes security stack across an air gap in one signed file
#[derive(Parser)]
#[command(
    name = "bundle",
    version,
    max_term_width = 100,
    after_help = AFTER_HELP,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    output: OutputOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Keygen(connected::keygen::Args),
    Lock(connected::lock::Args),
    Build(connected::build::Args),
    Sign(connected::sign::Args),
    Diff(connected::diff::Args),
    Inspect(airgap::inspect::Args),
    Verify(airgap::verify::Args),
    Extract(airgap::extract::Args),
    Push(airgap::push::Args),
    Serve(airgap::serve::Args),
    Render(airgap::render::Args),
    Install(airgap::install::Args),
    Probe(airgap::probe::Args),
    Status(airgap::status::Args),
    Enforce(airgap::enforce::Args),
    Uninstall(airgap::uninstall::Args),
    Help(manual::Args),
}

/// Runs a command and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(answer) => return no_command(&answer, &arguments),
    };
    let ui = Ui::new(&cli.output);
    match run(cli.command, &ui, environment) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            ui.failure(&failure);
            failure.exit_code()
        }
    }
}

/// Prints help, the version, or why the command line cannot be read.
fn no_command(answer: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if answer.use_stderr() && Format::asks_for_json(arguments) {
        let text = answer.render().to_string();
        let message = text.lines().next().unwrap_or_default();
        Ui::usage(&Explained::usage(message.trim_start_matches("error: ").to_owned()));
    }
    // A closed pipe loses nothing.
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Returns whether a command writes files and has no handling of signals of its own.
fn writes_files(command: &Command) -> bool {
    use Command::{Build, Enforce, Extract, Keygen, Lock, Render};
    matches!(command, Lock(_) | Build(_) | Extract(_) | Render(_) | Enforce(_) | Keygen(_))
}

/// Runs a command. `false`: the answer is no.
fn run(command: Command, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(MAX_BLOCKING_THREADS).build();
    let runtime = runtime.map_err(Failure::Threads)?;
    let answer = runtime.block_on(async {
        if writes_files(&command) {
            signals::discard_when_told();
        }
        match command {
            Command::Keygen(args) => args.run(ui, environment),
            Command::Lock(args) => args.run(ui, environment).await,
            Command::Build(args) => args.run(ui, environment).await,
            Command::Sign(args) => args.run(ui, environment),
            Command::Diff(args) => args.run(ui),
            Command::Inspect(args) => args.run(ui),
            Command::Verify(args) => args.run(ui, environment),
            Command::Extract(args) => args.run(ui, environment),
            Command::Push(args) => args.run(ui, environment).await,
            Command::Serve(args) => args.run(ui, environment).await,
            Command::Render(args) => args.run(ui, environment).await,
            Command::Install(args) => args.run(ui, environment).await,
            Command::Probe(args) => args.run(ui, environment).await,
            Command::Status(args) => args.run(ui, environment).await,
            Command::Enforce(args) => args.run(ui, environment).await,
            Command::Uninstall(args) => args.run(ui, environment).await,
            Command::Help(args) => args.run(ui, Cli::command()),
        }
    });
    // A disk that does not answer must not keep the program from ending.
    runtime.shutdown_timeout(LAST_WORK);
    answer
}
