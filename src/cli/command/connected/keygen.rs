//! `bundle keygen`.

use std::path::PathBuf;

use crate::cli::command::help::{Help, KEY};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::{OpsError, key_files, keygen};

const HELP: Help = Help {
    examples: &["bundle keygen", "bundle keygen --output-key-prefix site"],
    success: "both files are written",
    refusal: None,
    variables: &[KEY],
};

/// Generate a key pair in cosign's file format
///
/// A password encrypts the private key. Keep the private key on the connected side; bring the public key to the airgap side
/// separately from bundles.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Write PREFIX.key and PREFIX.pub
    #[arg(long, value_name = "PREFIX", default_value = "bundle", help_heading = "Output")]
    output_key_prefix: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        key_files(&self.output_key_prefix)?;
        let report = keygen(&self.output_key_prefix, new_password(environment)?.as_bytes())?;
        let (private, public) = (report.private_key.display(), report.public_key.display());
        ui.result(&format!("private key: {private}\npublic key:  {public}"), &report);
        Ok(true)
    }
}

fn new_password(environment: &Environment) -> Result<String, OpsError> {
    let unreadable = |source: std::io::Error| OpsError::Usage {
        message: format!("no password for the private key: {source}"),
        hint: "set COSIGN_PASSWORD, or run this at a terminal".to_owned(),
    };
    let password = environment.key_password("password for the private key").map_err(unreadable)?;
    if environment.password.is_none()
        && environment.key_password("the same password again").map_err(unreadable)? != password
    {
        let message = "the two passwords differ".to_owned();
        return Err(OpsError::Usage { message, hint: "run the command again".to_owned() });
    }
    Ok(password)
}
