//! Compiles the stand-in program, once for each version of its source.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airgap_bundle::digest::Digest;

use super::UpstreamError;

const SOURCE: &str = concat!(include_str!("standin.rs"), include_str!("standin_checks.rs"));
const ARGUMENTS: &[&str] = &[
    "--edition=2024",
    "--crate-name=standin",
    "-O",
    "-Ctarget-feature=+crt-static",
    "-Cpanic=abort",
    "-Cstrip=symbols",
];

/// Returns the stand-in program, static, for this machine's processor; `cache` keeps it for the next time.
///
/// # Errors
/// When there is no `rustc`, or it fails.
pub fn standin(cache: &Path) -> Result<PathBuf, UpstreamError> {
    let program = cache.join(format!("standin-{}", &Digest::of(SOURCE.as_bytes()).hex()[..16]));
    if program.exists() {
        return Ok(program);
    }
    let failed = |reason: String| UpstreamError::Standin { reason };
    std::fs::create_dir_all(cache).map_err(|error| failed(error.to_string()))?;
    let folder = tempfile::tempdir_in(cache).map_err(|error| failed(error.to_string()))?;
    let made = folder.path().join("standin");
    compile(&made).map_err(failed)?;
    // Processes that compile at the same time make the same file: the last one stays.
    std::fs::rename(made, &program).map_err(|error| failed(error.to_string()))?;
    Ok(program)
}

fn compile(to: &Path) -> Result<(), String> {
    let mut command = Command::new("rustc");
    command.args(ARGUMENTS).arg("-o").arg(to).arg("-");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("`rustc` cannot be run: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(SOURCE.as_bytes()).map_err(|error| error.to_string())?;
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`rustc` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
