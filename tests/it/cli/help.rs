//! The texts of `--help`, and what a wrong command line is told.

use std::path::Path;

use crate::support::{Ran, bundle};

const COMMANDS: [&str; 16] = [
    "lock",
    "build",
    "sign",
    "diff",
    "inspect",
    "verify",
    "extract",
    "push",
    "serve",
    "render",
    "install",
    "probe",
    "status",
    "enforce",
    "uninstall",
    "keygen",
];

/// Returns every command, in the order of the help.
pub fn commands() -> Vec<String> {
    COMMANDS.iter().chain(&["help"]).map(|name| (*name).to_owned()).collect()
}

fn run(arguments: &[&str]) -> Ran {
    bundle(Path::new("."), arguments)
}

/// Takes the blanks off the ends of lines.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

// After a change on purpose: INSTA_UPDATE=always cargo test --test it help
#[test]
fn the_help_of_every_command_is_the_one_that_was_reviewed() {
    let mut text = trimmed(&run(&["--help"]).ok());
    for command in COMMANDS {
        let help = trimmed(&run(&[command, "--help"]).ok());
        text.push_str(&format!("\n$ bundle {command} --help\n{help}"));
    }
    insta::assert_snapshot!("help", text);
}

#[test]
fn no_command_is_without_a_test_of_its_help() {
    let help = run(&["--help"]).ok();
    let (_, rest) = help.split_once("Commands:\n").expect("commands");
    let (listed, _) = rest.split_once("\n\n").expect("options");
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, [&COMMANDS[..], &["help"]].concat());
}

#[test]
fn a_flag_that_weakens_safety_says_so_in_its_name() {
    for command in COMMANDS {
        let help = run(&[command, "--help"]).ok();
        let flags: Vec<_> = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")).collect();
        let weak = |flag: &&&str| {
            ["skip", "no-verify", "allow", "unsigned", "trust"].iter().any(|word| flag.contains(word))
        };
        let weak = flags.iter().filter(weak).filter(|flag| !flag.starts_with("insecure-"));
        // It says what is trusted; it takes no check away.
        let weak: Vec<_> = weak.filter(|flag| !flag.starts_with("trusted-root ")).collect();
        assert_eq!(weak, Vec::<&&str>::new(), "{command}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let expected = format!("bundle {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"]).ok(), expected);
}

#[test]
fn a_wrong_command_line_could_not_tell() {
    for (arguments, expected) in [
        (
            &["lock", "--colour"][..],
            "error: unexpected argument '--colour' found\n\n  tip: to pass '--colour' as a value, use '-- --colour'\n\nUsage: bundle lock [OPTIONS] <SPEC>\n\nFor more information, try '--help'.\n",
        ),
        (
            &["lokc"],
            "error: unrecognized subcommand 'lokc'\n\n  tip: a similar subcommand exists: 'lock'\n\nUsage: bundle [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n",
        ),
        (
            &["verify", "b.tar"],
            "error: the following required arguments were not provided:\n  --key <PUB>\n\nUsage: bundle verify --key <PUB> <FILE>\n\nFor more information, try '--help'.\n",
        ),
        (
            &["verify", "b.tar", "--key", "k", "--insecure-unsigned"],
            "error: the argument '--key <PUB>' cannot be used with '--insecure-unsigned'\n\nUsage: bundle verify --key <PUB> <FILE>\n\nFor more information, try '--help'.\n",
        ),
        (
            &["push", "b.tar", "http://registry.lan", "--insecure-unsigned"],
            "error: `http://registry.lan` is not the address of a registry\n\nhint: write HOST[:PORT][/PREFIX], without `http://`\n",
        ),
        (
            &["lock", "nothing.yaml"],
            "error: failed to read `nothing.yaml`\n  caused by: No such file or directory (os error 2)\n",
        ),
    ] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(2), "", expected));
    }
}
