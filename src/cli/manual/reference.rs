//! Writes `docs/reference/cli.md` out of the definition of the command line, and holds the page to it.

use std::fs;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use crate::cli::Cli;

const HEAD: &str = "# The command line: every command, argument and flag

<!-- Made from the program by `UPDATE_DOCS=1 cargo test --lib manual::reference`. Do not edit. -->

The same texts are printed by `bundle COMMAND --help`. Exit codes are in [exit codes](exit-codes.md), the fields of
`--format json` in [JSON outputs](json-outputs.md), and variables in [environment](environment.md).
";

/// Returns the whole page.
fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = format!("{HEAD}\n## Every command\n\n");
    root.get_arguments()
        .filter(|argument| is_shown(argument))
        .for_each(|argument| entry(argument, &mut text));
    for command in root.get_subcommands() {
        section(command, &root, &mut text);
    }
    text
}

fn section(command: &Command, root: &Command, text: &mut String) {
    text.push_str(&format!("\n## bundle {}\n\n", command.get_name()));
    let about = command.get_long_about().or(command.get_about());
    text.push_str(&format!("{}\n", about.map(ToString::to_string).unwrap_or_default()));
    let usage = command.clone().render_usage().to_string();
    text.push_str(&format!("\n```text\n{}\n```\n", trimmed(usage.trim_start_matches("Usage: "))));
    let of_root: Vec<_> = root.get_arguments().map(Arg::get_id).collect();
    let own = command
        .get_arguments()
        .filter(|argument| is_shown(argument) && !of_root.contains(&argument.get_id()));
    let own: Vec<_> = own.collect();
    let mut headings: Vec<_> = own.iter().map(|argument| heading(argument)).collect();
    headings.sort_by_key(|heading| heading.as_deref() != Some("Arguments"));
    let mut seen = Vec::new();
    for heading_of in headings {
        if seen.contains(&heading_of) {
            continue;
        }
        text.push_str(&format!("\n{}:\n\n", heading_of.as_deref().unwrap_or("Options")));
        own.iter().filter(|argument| heading(argument) == heading_of).for_each(|one| entry(one, text));
        seen.push(heading_of);
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        text.push_str(&format!("\n```text\n{}\n```\n", trimmed(&after.to_string())));
    }
}

/// Clap's own flags are the same everywhere and explain themselves.
fn is_shown(argument: &Arg) -> bool {
    !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
}

fn heading(argument: &Arg) -> Option<String> {
    match argument.is_positional() {
        true => Some("Arguments".to_owned()),
        false => argument.get_help_heading().map(str::to_owned),
    }
}

fn entry(argument: &Arg, text: &mut String) {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = help.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join(". ");
    let mut facts = Vec::new();
    if argument.is_required_set() {
        facts.push("required".to_owned());
    }
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && takes_value(argument) {
        facts.push(format!("default `{}`", defaults.join(" ")));
    }
    let values: Vec<_> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !values.is_empty() && takes_value(argument) {
        facts.push(format!("one of {}", values.join(", ")));
    }
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join("; ")) };
    text.push_str(&format!("- `{}`: {help}{facts}\n", name(argument)));
}

fn takes_value(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
}

/// Returns `-o, --output <FILE>`, or `<FILE>`.
fn name(argument: &Arg) -> String {
    let values: Vec<_> =
        argument.get_value_names().into_iter().flatten().map(|name| format!("<{name}>")).collect();
    let value = if takes_value(argument) { values.join(" ") } else { String::new() };
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let long = argument.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    format!("{short}{long} {value}").trim().to_owned()
}

fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a variable asks it to write the page instead")]
fn the_page_of_the_command_line_is_what_the_program_takes() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == page(),
        "docs/reference/cli.md is outdated: run `UPDATE_DOCS=1 cargo test --lib manual::reference`"
    );
}
