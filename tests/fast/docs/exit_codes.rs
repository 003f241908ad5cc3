//! The page of exit codes has a row for every command.

use std::collections::BTreeSet;

use super::page::{read, same};
use crate::cli::commands;

#[test]
fn every_command_has_its_exit_codes() {
    let page = read("docs/reference/exit-codes.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows: Vec<_> = rows.filter(|(_, rest)| !rest.starts_with("`1`")).collect();
    let documented: BTreeSet<_> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    same("docs/reference/exit-codes.md", &documented, &commands().into_iter().collect());
    for (name, rest) in rows {
        assert_eq!(rest.matches(" | ").count(), 1, "`{name}` has one cell for 0 and one for 1");
    }
}
