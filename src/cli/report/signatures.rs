//! The table of signatures: what is signed, when, how it is proved, and by whom.

use crate::lock::{AttestationSeen, SignatureSeen, Signer};

/// One line of the table. The identity is last because it is the longest.
pub struct Row {
    /// The image, artifact or bundle.
    pub what: String,
    /// The earliest proven time of the signature.
    pub when: String,
    /// The form of the signature, and its log entry.
    pub how: String,
    /// The signer, or the reason why it is unsigned.
    pub by: String,
}

/// Returns the lines of one item.
pub fn rows(what: &str, signatures: &[SignatureSeen], attestations: &[AttestationSeen]) -> Vec<Row> {
    let signed = signatures.iter().map(|seen| row(what.to_owned(), seen));
    let attested =
        attestations.iter().map(|seen| row(format!("{what} ({})", seen.predicate_type), &seen.signature));
    signed.chain(attested).collect()
}

fn row(what: String, seen: &SignatureSeen) -> Row {
    let (form, never) = (seen.form(), "-".to_owned());
    match (seen, seen.signer()) {
        (_, Some(Signer::Certificate(signer))) => {
            let log = signer.log_id.get(..8).unwrap_or(&signer.log_id);
            let how = format!("{form}, entry {} of log {log}", signer.log_index);
            Row { what, when: signer.time.clone(), how, by: signer.identity.clone() }
        }
        (_, Some(Signer::Key(hint))) => {
            Row { what, when: never, how: form.to_owned(), by: format!("key {hint}") }
        }
        (SignatureSeen::Unsigned { reason }, None) => {
            Row { what, when: never, how: "pinned in the lock".to_owned(), by: format!("unsigned: {reason}") }
        }
        (_, None) => Row { what, when: never, how: form.to_owned(), by: "unknown".to_owned() },
    }
}

/// Returns the lines as a table, with columns as wide as their widest entry.
pub fn table(rows: &[Row]) -> String {
    let head = Row { what: "WHAT".into(), when: "WHEN".into(), how: "HOW".into(), by: "BY".into() };
    let all: Vec<_> = [&head].into_iter().chain(rows).collect();
    let width =
        |column: fn(&Row) -> &str| all.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (what, when, how) = (width(|row| &row.what), width(|row| &row.when), width(|row| &row.how));
    let line =
        |row: &&Row| format!("{:<what$}  {:<when$}  {:<how$}  {}\n", row.what, row.when, row.how, row.by);
    all.iter().map(line).collect()
}
