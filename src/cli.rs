//! The command line: arguments in, reports out. What is printed, and the exit code, is decided here and nowhere else.
//!
//! Exit codes: 0 yes, 1 no (refused, differs, unhealthy), 2 could not tell (usage, input, network).

mod build;
mod diff;
mod enforce;
mod environment;
mod error;
mod extract;
mod findings;
mod inspect;
mod install;
mod keygen;
mod lock;
mod options;
mod probe;
mod process;
mod push;
mod render;
mod serve;
mod sign;
mod signals;
mod signatures;
mod signers;
mod size;
mod status;
mod stopped;
mod ui;
mod uninstall;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

pub use environment::Environment;
use error::Failure;
use options::OutputOptions;
use ui::Ui;

/// How many threads may wait for disks, passwords and names at once; more work waits its turn. Each costs some 30 KiB.
const MAX_BLOCKING_THREADS: usize = 64;
/// How long work on those threads may go on when nobody waits for its answer any more.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Carries a Kubernetes security stack across an air gap in one signed file
#[derive(Parser)]
#[command(name = "bundle", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    output: OutputOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Lock(lock::Args),
    Build(build::Args),
    Sign(sign::Args),
    Diff(diff::Args),
    Inspect(inspect::Args),
    Verify(verify::Args),
    Extract(extract::Args),
    Push(push::Args),
    Serve(serve::Args),
    Render(render::Args),
    Install(install::Args),
    Probe(probe::Args),
    Status(status::Args),
    Enforce(enforce::Args),
    Uninstall(uninstall::Args),
    Keygen(keygen::Args),
}

/// Runs a command and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // What is printed to a closed pipe is nobody's loss.
        Err(usage) => {
            let _ = usage.print();
            return if usage.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
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

/// Tells whether a command writes files and leaves signals to the program.
fn writes_files(command: &Command) -> bool {
    use Command::{Build, Enforce, Extract, Keygen, Lock, Render};
    matches!(command, Lock(_) | Build(_) | Extract(_) | Render(_) | Enforce(_) | Keygen(_))
}

/// Runs a command. `false`: the answer is no.
fn run(command: Command, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(MAX_BLOCKING_THREADS).build();
    let runtime = runtime.map_err(Failure::runtime)?;
    let answer = runtime.block_on(async {
        if writes_files(&command) {
            signals::discard_when_told();
        }
        match command {
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
            Command::Keygen(args) => args.run(ui, environment),
        }
    });
    // A disk that does not answer does not keep the program from ending.
    runtime.shutdown_timeout(LAST_WORK);
    answer
}
