//! `bundle help`: the help of a command, or a page of the manual, out of the program.

mod find;
mod pages;
mod plain;
#[cfg(test)]
mod reference;

use find::{Found, find};
pub(super) use pages::PAGES;
use pages::Page;

use clap::Command;
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::ui::Ui;
use crate::ops::OpsError;

const EXAMPLES: &str = "\
Examples:
  bundle help build
  bundle help reference/spec";

const EXITS: &str = "\
Exit codes:
  0  printed
  2  could not tell: wrong usage, unreadable input, or no answer";

/// Print the help of a command, or a page of the built-in manual
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXITS}"))]
pub struct Args {
    /// A command or a page: `build`, `spec`, `guides/k3s` [default: a list]
    #[arg(value_name = "TOPIC")]
    topic: Option<String>,
}

impl Args {
    pub fn run(self, ui: &Ui, command: Command) -> Result<bool, Failure> {
        let Some(topic) = self.topic else {
            ui.result(&list(&command), &listed(&command));
            return Ok(true);
        };
        match find(&topic, &commands(&command), PAGES) {
            Found::Command { name, page } => print_command(ui, command, &name, page),
            Found::Page { page, others } => {
                ui.result(&page.plain(), &page.json());
                others.iter().for_each(|other| note(ui, other));
            }
            Found::Nothing { hint } => {
                let message = format!("there is no command and no page `{topic}`");
                return Err(OpsError::Usage { message, hint }.into());
            }
        }
        Ok(true)
    }
}

/// Prints the same as `bundle COMMAND --help`, and which page has the same name.
fn print_command(ui: &Ui, command: Command, name: &str, page: Option<&Page>) {
    if let Err(help) = command.try_get_matches_from(["bundle", name, "--help"]) {
        // A reader that went away is no failure.
        let _ = help.print();
    }
    if let Some(page) = page {
        note(ui, page);
    }
}

fn note(ui: &Ui, page: &Page) {
    ui.note(&format!("a page of the manual has the same name: `bundle help {}`", page.name));
}

fn commands(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Returns what `bundle help` prints: every command, then every page.
fn list(command: &Command) -> String {
    let commands = command.get_subcommands().map(|command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        (command.get_name().to_owned(), about)
    });
    let pages = PAGES.iter().map(|page| (page.name.to_owned(), page.title().to_owned()));
    format!(
        "Commands:\n{}\nPages of the manual:\n{}\n`bundle help NAME` prints one of them.",
        table(&commands.collect::<Vec<_>>()),
        table(&pages.collect::<Vec<_>>())
    )
}

fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, text)| format!("  {name:width$}  {text}\n")).collect()
}

pub(super) fn listed(command: &Command) -> Value {
    let pages = PAGES.iter().map(|page| json!({"topic": page.name, "title": page.title()}));
    json!({"commands": commands(command), "pages": pages.collect::<Vec<_>>()})
}
