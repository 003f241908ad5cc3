//! How signatures are told: what, by whom, when, and how it is proved.

use crate::lock::{AttestationSeen, SignatureSeen, Signer};

/// One line of the table.
pub struct Row {
    /// The image, artifact or bundle.
    pub what: String,
    /// Who signed it.
    pub by: String,
    /// The earliest proven time of the signature.
    pub when: String,
    /// In which form, and where it can be looked up.
    pub how: String,
}

/// Returns the lines of one item.
pub fn rows(what: &str, signatures: &[SignatureSeen], attestations: &[AttestationSeen]) -> Vec<Row> {
    let signed = signatures.iter().map(|seen| row(what.to_owned(), seen));
    let attested =
        attestations.iter().map(|seen| row(format!("{what} ({})", seen.predicate_type), &seen.signature));
    signed.chain(attested).collect()
}

fn row(what: String, seen: &SignatureSeen) -> Row {
    let form = seen.form();
    let none = || "-".to_owned();
    match seen {
        SignatureSeen::Unsigned { reason } => {
            Row { what, by: "nobody".to_owned(), when: none(), how: format!("pinned in the lock: {reason}") }
        }
        SignatureSeen::SigstoreBundle { signer } | SignatureSeen::SimpleSigning { signer } => match signer {
            Signer::Certificate(signer) => {
                let log = signer.log_id.get(..8).unwrap_or(&signer.log_id);
                let how = format!("{form}, certificate, entry {} of log {log}…", signer.log_index);
                Row { what, by: signer.identity.clone(), when: signer.time.clone(), how }
            }
            Signer::Key(hint) => Row { what, by: format!("key {hint}"), when: none(), how: form.to_owned() },
        },
    }
}

/// Returns the lines as a table, with columns as wide as their widest entry.
pub fn table(rows: &[Row]) -> String {
    let head = Row { what: "WHAT".into(), by: "BY".into(), when: "WHEN".into(), how: "HOW".into() };
    let all: Vec<_> = [&head].into_iter().chain(rows).collect();
    let width =
        |column: fn(&Row) -> &str| all.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (what, by, when) = (width(|row| &row.what), width(|row| &row.by), width(|row| &row.when));
    let line =
        |row: &&Row| format!("{:<what$}  {:<by$}  {:<when$}  {}\n", row.what, row.by, row.when, row.how);
    all.iter().map(line).collect()
}
