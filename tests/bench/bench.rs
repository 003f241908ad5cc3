//! The measuring half of `scripts/bench`: the generated set, the floor, one measured run, the table.
//!
//! `scripts/bench` starts the registries and calls this program once a step, so that every figure is of a process of
//! its own, floor and tool alike: its start and its set-up are in all of them.

// A program that measures reads the clock, and prints.
#![allow(clippy::disallowed_macros, clippy::print_stdout)]

mod floor;
mod measure;
mod set;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Prints a port that nothing listens on
    Port,
    /// Makes the set, fills a registry with it, and writes what names it into a folder
    Publish { registry: String, folder: PathBuf, mib: u64 },
    /// Does only the unavoidable work
    Floor { work: floor::Work, registry: String, folder: PathBuf },
    /// Runs a command and appends its figures to a file
    Measure {
        name: String,
        results: PathBuf,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Prints the figures; exit code 1 where a bound is not met
    Table { results: PathBuf, folder: PathBuf },
}

fn main() -> ExitCode {
    match run(Cli::parse().step) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            println!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run(step: Step) -> Result<bool, Failure> {
    match step {
        Step::Port => println!("{}", std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()),
        Step::Publish { registry, folder, mib } => block_on(set::publish(&registry, &folder, mib))?,
        Step::Floor { work, registry, folder } => block_on(floor::run(work, registry, folder))?,
        Step::Measure { name, results, command } => measure::append(&name, &results, &command)?,
        Step::Table { results, folder } => return table::print(&results, &folder),
    }
    Ok(true)
}

/// Runs on the same kind of runtime as the tool.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
