//! Who signs a bundle, and who must have signed it.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::environment::Environment;
use crate::ops::{BundleTrust, OpsError, read_text};
use crate::spec::{Identity, Pattern, SubjectMatch};
use crate::trust::{BundleSigners, BundleSignersError, PublicKey, SigningKey};

/// Who must have signed a bundle, in cosign's words.
#[derive(Args)]
pub struct SignerOptions {
    /// A public key that the bundle may be signed with (PEM); may be given several times
    #[arg(
        long,
        value_name = "PUB",
        required_unless_present_any = ["insecure_unsigned", "certificate_identity", "certificate_identity_regexp"]
    )]
    key: Vec<PathBuf>,
    /// The identity that a certificate which the bundle may be signed with is for: a URI or an e-mail address
    #[arg(
        long,
        value_name = "ID",
        requires = "certificate_oidc_issuer",
        conflicts_with = "certificate_identity_regexp",
        value_parser = NonEmptyStringValueParser::new()
    )]
    certificate_identity: Option<String>,
    /// A regular expression that all of that identity matches, instead
    #[arg(long, value_name = "RE", requires = "certificate_oidc_issuer")]
    certificate_identity_regexp: Option<String>,
    /// Who vouches for that identity: the OIDC issuer in the certificate
    #[arg(long, value_name = "ISSUER", value_parser = NonEmptyStringValueParser::new())]
    certificate_oidc_issuer: Option<String>,
    /// How many of those given must have signed the bundle
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: usize,
    /// Take the bundle without looking at its signatures
    #[arg(
        long,
        conflicts_with_all = ["key", "certificate_identity", "certificate_identity_regexp", "certificate_oidc_issuer", "threshold"]
    )]
    insecure_unsigned: bool,
}

impl SignerOptions {
    /// Returns what was demanded.
    ///
    /// # Errors
    /// When a key or an expression cannot be used, or the threshold cannot be met by those given.
    pub fn trust(&self) -> Result<BundleTrust, OpsError> {
        if self.insecure_unsigned {
            return Ok(BundleTrust::InsecureUnsigned);
        }
        let keys: Result<Vec<_>, _> = self.key.iter().map(|path| read_public_key(path)).collect();
        let signers = BundleSigners::new(keys?, self.identity()?, self.threshold).map_err(unmeetable)?;
        Ok(BundleTrust::Signed(signers))
    }

    fn identity(&self) -> Result<Option<Identity>, OpsError> {
        let issuer = self.certificate_oidc_issuer.as_deref();
        let subject = match (&self.certificate_identity, &self.certificate_identity_regexp) {
            (Some(exact), _) => Some(SubjectMatch::Exact(exact.clone())),
            (None, Some(pattern)) => Some(SubjectMatch::Pattern(read_pattern(pattern)?)),
            (None, None) => None,
        };
        match (subject, issuer) {
            (Some(subject), Some(issuer)) => Ok(Some(Identity::new(issuer, subject))),
            (None, None) => Ok(None),
            _ => Err(OpsError::Usage {
                message: "an issuer is given, but no identity that it vouches for".to_owned(),
                hint: "add --certificate-identity ID or --certificate-identity-regexp RE".to_owned(),
            }),
        }
    }
}

fn read_public_key(path: &Path) -> Result<PublicKey, OpsError> {
    let name = path.display().to_string();
    PublicKey::from_pem(&read_text(path)?).map_err(|source| OpsError::PublicKey { name, source })
}

fn read_pattern(text: &str) -> Result<Pattern, OpsError> {
    Pattern::parse(text).map_err(|error| OpsError::Usage {
        message: error.to_string(),
        hint: "write a regular expression for --certificate-identity-regexp that matches the whole identity"
            .to_owned(),
    })
}

fn unmeetable(error: BundleSignersError) -> OpsError {
    let hint = "give every signer with a --key of its own, or by --certificate-identity, and at most as many with --threshold";
    OpsError::Usage { message: error.to_string(), hint: hint.to_owned() }
}

/// Opens a private key, with the password from the environment or the prompt.
///
/// # Errors
/// When the file cannot be read, there is no password, or it does not open the key.
pub fn read_signing_key(path: &Path, environment: &Environment) -> Result<SigningKey, OpsError> {
    let pem = read_text(path)?;
    let unreadable = |source: std::io::Error| OpsError::Usage {
        message: format!("no password for `{}`: {source}", path.display()),
        hint: "set COSIGN_PASSWORD, or run this at a terminal".to_owned(),
    };
    let password =
        environment.key_password(&format!("password for {}", path.display())).map_err(unreadable)?;
    SigningKey::from_pem(&pem, password.as_bytes())
        .map_err(|source| OpsError::Key { path: path.to_owned(), source })
}
