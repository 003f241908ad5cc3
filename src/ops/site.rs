//! The site that a command works for.

use std::path::Path;

use super::error::OpsError;
use super::files::read_text;
use crate::report::Reporter;
use crate::spec::{Platform, Site};

/// A site, as a command was given it.
#[derive(Debug, Clone)]
pub struct SiteChoice {
    /// The name of its file, for errors.
    pub name: String,
    /// What the file says.
    pub site: Site,
    /// The platform that was asked for, or detected; it goes before the file's.
    pub platform: Option<Platform>,
}

impl SiteChoice {
    /// Returns the platform.
    ///
    /// # Errors
    /// When neither the command line nor the site names one.
    pub fn platform(&self) -> Result<Platform, OpsError> {
        self.platform.or(self.site.platform).ok_or_else(|| OpsError::Usage {
            message: format!("`{}` names no platform, and there is no cluster to detect it from", self.name),
            hint: "add --platform k3s or --platform talos, or write `platform:` into the site file"
                .to_owned(),
        })
    }

    /// Reports what the site leaves open.
    pub fn warn(&self, reporter: &dyn Reporter) {
        warn_of(&self.name, &self.site, reporter);
    }
}

/// Reports what a site leaves open, with the name of its file.
pub(super) fn warn_of(name: &str, site: &Site, reporter: &dyn Reporter) {
    site.warnings().into_iter().for_each(|warning| reporter.warn(format!("`{name}`: {warning}")));
}

/// Reads a site file.
///
/// # Errors
/// When it cannot be read or has faults.
pub fn read_site(path: &Path) -> Result<Site, OpsError> {
    Ok(Site::parse(&read_text(path)?, &path.display().to_string())?)
}

/// Reads the CA certificates of the site's registry, which nodes and controllers are configured to trust.
///
/// # Errors
/// When the site names a file that cannot be read or holds no certificate.
pub fn read_authority(site: &mut Site) -> Result<(), OpsError> {
    let Some(ca) = &site.registry.certificates.ca else { return Ok(()) };
    let text = certificates_of(&read_text(Path::new(ca))?);
    if text.is_empty() {
        return Err(OpsError::Usage {
            message: format!("`{ca}` holds no certificate, and the site's registry names it as `ca`"),
            hint: "name a PEM file with `-----BEGIN CERTIFICATE-----`".to_owned(),
        });
    }
    site.registry.certificates.ca_pem = Some(text);
    Ok(())
}

/// Returns the certificates of a PEM text and nothing else of it: what else a file holds, a key perhaps, stays here.
// See: RFC 7468, section 5
fn certificates_of(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let blocks = text.split(BEGIN).skip(1).filter_map(|rest| Some(rest.split_once(END)?.0));
    blocks.map(|block| format!("{BEGIN}\n{}\n{END}\n", lines(block))).collect()
}

fn lines(block: &str) -> String {
    block.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_pem_file_only_certificates_are_passed_on() {
        let begin = |what: &str| format!("-----BEGIN {what}-----");
        let end = |what: &str| format!("-----END {what}-----");
        let block = |what: &str, text: &str| format!("{}\n{text}\n{}\n", begin(what), end(what));
        let (one, two) = (block("CERTIFICATE", "YQ=="), block("CERTIFICATE", "Yg==\nYw=="));
        let text =
            format!("subject=a\r\n{one}{}{}", block("PRIVATE KEY", "c2VjcmV0"), two.replace('\n', "\r\n"));
        assert_eq!(certificates_of(&text), one + &two);
        assert_eq!(certificates_of(&block("PRIVATE KEY", "c2VjcmV0")), "");
        assert_eq!(certificates_of(&begin("CERTIFICATE")), "");
    }
}
