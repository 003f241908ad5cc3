//! The texts of `--help`, and the answers to a wrong command line.

use std::path::Path;

use bundle_testing::support::{Ran, bundle, project};

const COMMANDS: [&str; 17] = [
    "keygen",
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
    "help",
];

/// Returns every command, in the order of the help.
pub fn commands() -> Vec<String> {
    COMMANDS.iter().map(|name| (*name).to_owned()).collect()
}

fn run(arguments: &[&str]) -> Ran {
    bundle(Path::new("."), arguments)
}

/// Removes blanks at the ends of lines.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

// After an intended change: INSTA_UPDATE=always cargo test --test fast cli::help
#[test]
fn the_help_of_every_command_is_the_one_that_was_reviewed() {
    let pages = COMMANDS.map(|command| (command, vec![command, "--help"]));
    for (name, arguments) in [("bundle", vec!["--help"])].into_iter().chain(pages) {
        let text = trimmed(&run(&arguments).ok());
        insta::with_settings!({
            snapshot_path => "snapshots/help", prepend_module_to_snapshot => false, omit_expression => true
        }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn every_page_of_help_belongs_to_a_command() {
    let folder = Path::new(file!()).with_file_name("snapshots").join("help");
    let pages = std::fs::read_dir(project().join(folder)).expect("pages");
    let mut names: Vec<_> = pages.map(|page| page.expect("a page").path()).collect();
    names.sort();
    let names: Vec<_> = names.iter().filter_map(|page| page.file_stem()?.to_str()).collect();
    let mut expected = [&COMMANDS[..], &["bundle"]].concat();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn no_command_is_without_a_test_of_its_help() {
    let help = run(&["--help"]).ok();
    let (_, rest) = help.split_once("Commands:\n").expect("commands");
    let (listed, _) = rest.split_once("\n\n").expect("options");
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, COMMANDS);
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
        // It says what is trusted; it removes no check.
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
fn a_wrong_command_line_exits_with_2() {
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
            "error: the following required arguments were not provided:\n  <--key <PUB>|--certificate-identity <ID>|--certificate-identity-regexp <RE>|--insecure-unsigned>\n\nUsage: bundle verify <--key <PUB>|--certificate-identity <ID>|--certificate-identity-regexp <RE>|--insecure-unsigned> <FILE>\n\nFor more information, try '--help'.\n",
        ),
        (
            &["verify", "b.tar", "--key", "k", "--insecure-unsigned"],
            "error: the argument '--key <PUB>' cannot be used with '--insecure-unsigned'\n\nUsage: bundle verify <--key <PUB>|--certificate-identity <ID>|--certificate-identity-regexp <RE>|--insecure-unsigned> <FILE>\n\nFor more information, try '--help'.\n",
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
