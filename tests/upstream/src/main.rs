//! Runs the stand-in for the internet: fills loopback registries with what a spec names and serves them.
//!
//! It ends on SIGTERM or SIGINT, and when its standard input is a pipe, as soon as that is closed.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use airgap_bundle::spec::Spec;
use bundle_testing::internet::sigstore::Sigstore;
use bundle_testing::internet::{self, Options, Upstream};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
usage: upstream --spec FILE --registries-out FILE [OPTION…]

  --spec FILE              what upstream must publish
  --registries-out FILE    where the file for `--registries` is written, once everything is there
  --gatekeeper PROGRAM     Gatekeeper's real `manager` for this machine's processor
  --real REPOSITORY=FILE   the real program of another image
  --files FOLDER           a mirror of the spec's files, named by SHA-256
  --standin PROGRAM        the stand-in program
  --cache FOLDER           compiles the stand-in program into this folder, once
  --empty N                starts N empty registries as well
  --sign                   signs what upstream signs
  --trusted-root-out FILE  where the trusted root of these signatures is written";
const GATEKEEPER: &str = "docker.io/openpolicyagent/gatekeeper";

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut line = format!("error: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                line.push_str(&format!("\ncaused by: {error}"));
                cause = error.source();
            }
            let _ = writeln!(std::io::stderr(), "{line}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Failure> {
    let (options, out) = parse(std::env::args().skip(1))?;
    let upstream = internet::start(&options).await?;
    report(&upstream, &options)?;
    if let Some(path) = &out.trusted_root {
        write_whole(path, &Sigstore::new().trusted_root())?;
    }
    write_whole(&out.registries, &upstream.registries_text())?;
    stop().await
}

/// The files that are written.
struct Out {
    registries: PathBuf,
    trusted_root: Option<PathBuf>,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(Options, Out), Failure> {
    let mut given = BTreeMap::new();
    let mut real = BTreeMap::new();
    let mut sign = false;
    while let Some(name) = arguments.next() {
        if name == "--sign" {
            sign = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("`{name}` needs a value\n\n{USAGE}"))?;
        match (name.as_str(), value.split_once('=')) {
            ("--real", Some((repository, path))) => drop(real.insert(repository.to_owned(), path.into())),
            ("--gatekeeper", _) => drop(real.insert(GATEKEEPER.to_owned(), PathBuf::from(value))),
            (
                "--spec" | "--registries-out" | "--files" | "--standin" | "--cache" | "--empty"
                | "--trusted-root-out",
                _,
            ) => {
                given.insert(name, value);
            }
            _ => return Err(format!("`{name} {value}` is not known\n\n{USAGE}").into()),
        }
    }
    let mut take = |name: &str| given.remove(name);
    let missing = |name: &str| format!("`{name}` is missing\n\n{USAGE}");
    let spec = take("--spec").ok_or_else(|| missing("--spec"))?;
    let registries_out = take("--registries-out").ok_or_else(|| missing("--registries-out"))?;
    let text = std::fs::read_to_string(&spec).map_err(|error| format!("failed to read `{spec}`: {error}"))?;
    let mut options = Options { real, sign, ..Options::of(Spec::parse(&text, &spec)?) };
    options.files = take("--files").map(std::path::absolute).transpose()?;
    options.standin = match (take("--standin"), take("--cache")) {
        (Some(program), _) => Some(program.into()),
        (None, Some(cache)) => Some(internet::standin(Path::new(&cache))?),
        (None, None) => None,
    };
    options.empty = take("--empty").map_or(Ok(0), |number| number.parse())?;
    let trusted_root = take("--trusted-root-out").map(PathBuf::from);
    Ok((options, Out { registries: registries_out.into(), trusted_root }))
}

fn report(upstream: &Upstream, options: &Options) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for item in &upstream.published {
        writeln!(out, "{}@{}", item.reference, item.digest)?;
    }
    let mirrored = if options.files.is_some() { "in the mirror" } else { "not mirrored" };
    for file in options.spec.files() {
        writeln!(out, "file {}: {mirrored}", file.name)?;
    }
    for (name, address) in &upstream.addresses {
        writeln!(out, "{name} is at {address}")?;
    }
    out.flush()
}

/// Writes a file so that a waiting process never sees a part of it.
fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_added_extension("partial");
    std::fs::write(&beside, text)?;
    Ok(std::fs::rename(&beside, path)?)
}

async fn stop() -> Result<(), Failure> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let closed = tokio::task::spawn_blocking(wait_for_closed_input);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
        // A shell gives background jobs an empty input: only a pipe that closes says that the caller is gone.
        Ok(true) = closed => {}
    }
    // The thread that reads the input cannot be stopped.
    std::process::exit(0)
}

fn wait_for_closed_input() -> bool {
    let is_pipe = std::fs::metadata("/dev/stdin")
        .is_ok_and(|found| found.file_type().is_fifo() || found.file_type().is_socket());
    let mut input = std::io::stdin().lock();
    let mut piece = [0; 512];
    while is_pipe && input.read(&mut piece).is_ok_and(|count| count > 0) {}
    is_pipe
}
