//! Every `bundle` command of a console block is one that the program takes, whether the block is run or not.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::page::blocks;
use crate::cli::Cli;

fn pages() -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![project.join("README.md")];
    collect(&project.join("docs"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Returns the commands of a block: lines are joined after `\`, and what a shell does with the output is cut off.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let commands = joined.lines().filter_map(|line| line.strip_prefix("$ "));
    let own =
        |command: &'_ str| [" # ", " | ", " > ", " 2> ", " && ", "; "].iter().fold(command.to_owned(), cut);
    commands.map(|command| own(command).trim_end_matches('&').trim().to_owned()).collect()
}

fn cut(command: String, end: &&str) -> String {
    command.split(end).next().unwrap_or_default().to_owned()
}

#[test]
fn every_command_of_a_console_block_is_taken() {
    let (mut refused, mut seen) = (Vec::new(), 0);
    for path in pages() {
        for block in blocks(&fs::read_to_string(&path).unwrap())
            .iter()
            .filter(|block| block.info.starts_with("console"))
        {
            for command in commands(&block.text).iter().filter(|command| command.starts_with("bundle ")) {
                seen += 1;
                // A block that is run shows mistakes, too; there the answer is compared.
                let parsed = Cli::try_parse_from(command.split_whitespace());
                if let Some(error) =
                    parsed.err().filter(|error| error.use_stderr() && block.info != "console run")
                {
                    refused.push(format!("{}:{}: {command}\n{error}", path.display(), block.line));
                }
            }
        }
    }
    assert!(seen > 10, "the test reads the pages");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
