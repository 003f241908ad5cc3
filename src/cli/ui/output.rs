//! The options that say how much is printed, and in which form.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// Below a command's own options about output.
const LAST: usize = 900;

/// How results are printed.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct OutputOptions {
    /// Print results as text for people or as JSON for programs
    ///
    /// JSON goes to stdout, one document a line: {"version":1,"result":…}, or {"version":1,"error":…} if the command fails. An
    /// error has `code`, `message`, `causes`, `hint` and `exitCode`; its text is on stderr in either format.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, display_order = LAST)]
    pub format: Format,
    /// Print only results, warnings and errors
    #[arg(long, short, global = true, display_order = LAST)]
    pub quiet: bool,
}

/// A form of output.
// No doc comments on the variants: clap would print a paragraph for each in the help of every command.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

impl Format {
    /// Tells whether a command line asks for JSON. For one that cannot be parsed.
    pub fn asks_for_json(arguments: &[OsString]) -> bool {
        let options: Vec<_> = arguments.iter().take_while(|argument| *argument != "--").collect();
        let mut pairs = options.windows(2);
        options.iter().any(|argument| *argument == "--format=json")
            || pairs.any(|pair| pair[0] == "--format" && pair[1] == "json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_asked_for_even_if_the_rest_is_wrong() {
        for (line, expected) in [
            ("bundle lokc --format json", true),
            ("bundle --format=json lokc", true),
            ("bundle lokc --format text", false),
            ("bundle lokc --format", false),
            ("bundle lokc -- --format json", false),
            ("bundle lokc json", false),
        ] {
            let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Format::asks_for_json(&arguments), expected, "{line}");
        }
    }
}
