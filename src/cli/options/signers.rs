//! Who must have signed a bundle.

use std::path::{Path, PathBuf};

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};

use crate::ops::{BundleTrust, OpsError, read_text};
use crate::spec::{Identity, Pattern, SubjectMatch};
use crate::trust::{BundleSigners, BundleSignersError, PublicKey};

/// Who must have signed a bundle, in cosign's words.
#[derive(Args)]
#[command(next_help_heading = "Trust", group = demand())]
#[group(skip)]
pub struct SignerOptions {
    /// Accept a signature by this public key (PEM); repeatable
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
    /// Accept a signature by a certificate for this identity (URI or email)
    #[arg(
        long,
        value_name = "ID",
        requires = "certificate_oidc_issuer",
        conflicts_with = "certificate_identity_regexp",
        value_parser = NonEmptyStringValueParser::new()
    )]
    certificate_identity: Option<String>,
    /// Same, as a regular expression that must match the whole identity
    #[arg(long, value_name = "RE", requires = "certificate_oidc_issuer")]
    certificate_identity_regexp: Option<String>,
    /// OIDC issuer that the certificate must name
    #[arg(long, value_name = "ISSUER", value_parser = NonEmptyStringValueParser::new())]
    certificate_oidc_issuer: Option<String>,
    /// Number of different signers that must have signed
    #[arg(long, value_name = "N", default_value_t = 1)]
    threshold: usize,
    /// Do not check the bundle's own signatures
    #[arg(
        long,
        conflicts_with_all = ["key", "certificate_identity", "certificate_identity_regexp", "certificate_oidc_issuer", "threshold"]
    )]
    insecure_unsigned: bool,
}

/// At least one of these must be given; an error names them all.
fn demand() -> ArgGroup {
    ArgGroup::new("signers")
        .args(["key", "certificate_identity", "certificate_identity_regexp", "insecure_unsigned"])
        .required(true)
        .multiple(true)
}

impl SignerOptions {
    /// Returns who must have signed.
    ///
    /// # Errors
    /// When a key or an expression cannot be used, or the given signers cannot meet the threshold.
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
                message: "`--certificate-oidc-issuer` is given without an identity".to_owned(),
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
    let hint = "give each signer with its own --key or with --certificate-identity, and lower --threshold to their number";
    OpsError::Usage { message: error.to_string(), hint: hint.to_owned() }
}
