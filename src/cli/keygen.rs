//! `bundle keygen`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::Failure;
use super::ui::Ui;
use crate::ops::{OpsError, key_files, keygen};

/// Make a key pair, in the files that cosign reads and writes
///
/// The private key is encrypted with a password: from COSIGN_PASSWORD, or asked for.
#[derive(clap::Args)]
pub struct Args {
    /// The files are PREFIX.key and PREFIX.pub
    #[arg(long, value_name = "PREFIX", default_value = "bundle")]
    output_key_prefix: PathBuf,
}

impl Args {
    pub fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        key_files(&self.output_key_prefix)?;
        let report = keygen(&self.output_key_prefix, new_password(environment)?.as_bytes())?;
        let text = format!(
            "private key: {}\npublic key:  {}",
            report.private_key.display(),
            report.public_key.display()
        );
        ui.result(&text, &report);
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
