//! The help is held to its form.

use clap::CommandFactory as _;

use super::*;

/// The widest line of the help, which indents the text of an option by ten columns.
const WIDEST: usize = 80 - 10;

fn commands() -> Vec<clap::Command> {
    let mut cli = Cli::command();
    cli.build();
    cli.get_subcommands().cloned().collect()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn an_option_has_one_short_line() {
    for command in commands() {
        for argument in command.get_arguments() {
            let name = format!("{} {}", command.get_name(), argument.get_id());
            let line = argument.get_help().unwrap_or_else(|| panic!("{name} has no help")).to_string();
            assert!(line.chars().count() <= WIDEST && !line.contains('\n'), "{name}: {line}");
            assert!(!line.ends_with('.') && line.starts_with(char::is_uppercase), "{name}: {line}");
        }
    }
}

#[test]
fn a_command_has_a_short_line_in_the_list() {
    for command in commands() {
        let line = command.get_about().expect("a description").to_string();
        assert!(line.chars().count() <= 80 - 13, "{}: {line}", command.get_name());
    }
}

#[test]
fn options_that_commands_share_have_a_heading() {
    let own = ["check", "update", "locked", "add", "plan", "rollback_on_failure", "live", "watch"];
    let own = [&own[..], &["policy", "to_site", "despite_violations", "help"]].concat();
    let own = |argument: &clap::Arg| argument.is_positional() || own.contains(&argument.get_id().as_str());
    for command in commands() {
        for argument in command.get_arguments() {
            let (name, id) = (command.get_name(), argument.get_id());
            assert_eq!(argument.get_help_heading().is_none(), own(argument), "{name} {id}");
        }
    }
}

#[test]
fn every_command_has_two_examples_that_parse() {
    for mut command in commands() {
        let help = command.render_help().to_string();
        let (_, examples) = help.split_once("\nExamples:\n").expect("examples");
        let prefix = format!("  bundle {}", command.get_name());
        assert_eq!(examples.lines().count(), 2, "{examples}");
        for example in examples.lines() {
            assert!(example.starts_with(&prefix) && example.len() <= 80, "{example}");
            let parsed = Cli::try_parse_from(example.split_whitespace()).map(|_| ());
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}

#[test]
fn exit_codes_and_variables_are_named() {
    for mut command in commands() {
        let help = command.render_long_help().to_string();
        assert!(help.contains("\nExit codes:\n  0  ") && help.contains("\n  2  could not tell"), "{help}");
        let signs = ["keygen", "build", "sign"].contains(&command.get_name());
        assert_eq!(help.contains("COSIGN_PASSWORD"), signs, "{help}");
        let asks_cluster = help.contains("--kubeconfig");
        assert_eq!(help.contains("  KUBECONFIG"), asks_cluster, "{help}");
        assert_eq!(help.contains("  REGISTRY_AUTH_FILE"), help.contains("--retries"), "{help}");
        assert_eq!(help.contains("  NO_PROXY"), asks_cluster || help.contains("--retries"), "{help}");
    }
}
