//! The findings of an install's preflight checks.

use crate::report::Finding;

/// Returns every finding, and then the verdict.
pub fn text(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let lines = findings.iter().map(|finding| format!("{finding}\n"));
    let verdict = match errors {
        0 => "nothing prevents the install".to_owned(),
        1 => "NOT installed: 1 error; nothing was changed".to_owned(),
        many => format!("NOT installed: {many} errors; nothing was changed"),
    };
    lines.collect::<String>() + &verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_follows_the_findings() {
        let findings = [
            Finding::error("node `pi`", "linux/arm64").expected("linux/amd64").hint("add it"),
            Finding::note("installed", "2026.9.0: this is an upgrade to 2026.11.0"),
        ];
        insta::assert_snapshot!(text(&findings), @r"
        error: node `pi`: linux/arm64; expected linux/amd64
          hint: add it
        note: installed: 2026.9.0: this is an upgrade to 2026.11.0
        NOT installed: 1 error; nothing was changed
        ");
        assert_eq!(text(&[]), "nothing prevents the install");
    }
}
