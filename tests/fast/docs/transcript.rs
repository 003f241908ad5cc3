//! A console block as commands and what each prints, and whether a program's output is what a page shows.

use super::page::Block;

/// A command and what the page shows of its output.
pub struct Step {
    /// The command, on one line and without its comment.
    pub command: String,
    /// The line of the page that follows the command, from 1.
    pub line: usize,
    /// The lines of its output; none if the page leaves it out.
    pub shown: Vec<String>,
}

/// Takes a block apart.
pub fn steps(block: &Block) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    let mut open = false;
    for (at, line) in block.text.lines().enumerate() {
        let next = block.line + at + 2;
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Step { command: without_comment(command), line: next, shown: Vec::new() });
        } else if open {
            let step = found.last_mut().expect("a command is open");
            step.command.push_str(&without_comment(line.trim_start()));
            step.line = next;
        } else {
            let step =
                found.last_mut().unwrap_or_else(|| panic!("line {}: output before a command", next - 1));
            step.shown.push(line.to_owned());
        }
        let step = found.last_mut().expect("a line was read");
        open = step.shown.is_empty() && step.command.ends_with('\\');
        if open {
            step.command.pop();
        }
    }
    found
}

fn without_comment(command: &str) -> String {
    command.split(" # ").next().unwrap_or_default().trim_end().to_owned()
}

/// Returns the words of a command, as a shell takes them apart: blanks separate, quotes hold together.
pub fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Tells whether an output is what a page shows. A line `...` stands for any lines; `...` or `…` within one for any text.
pub fn fits(shown: &[String], output: &[String]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((first, rest)) if first.trim() == "..." => {
            (0..=output.len()).any(|skipped| fits(rest, &output[skipped..]))
        }
        Some((first, rest)) => {
            output.split_first().is_some_and(|(line, others)| line_fits(first, line) && fits(rest, others))
        }
    }
}

fn line_fits(shown: &str, line: &str) -> bool {
    let shown = shown.trim_end().replace('…', "...");
    let mut parts = shown.split("...");
    let Some(mut rest) = parts.next().and_then(|start| line.trim_end().strip_prefix(start)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn a_block_is_commands_with_their_outputs() {
    let text = "$ bundle lock a.yaml  # once\nwrote a.lock\n$ bundle build a.yaml \\\n    --key 'my key'\n";
    let block = Block { info: "console run".to_owned(), line: 10, text: text.to_owned() };
    let found: Vec<_> = steps(&block).into_iter().map(|step| (step.command, step.line, step.shown)).collect();
    let shown = vec!["wrote a.lock".to_owned()];
    let expected = [
        ("bundle lock a.yaml".to_owned(), 12, shown),
        ("bundle build a.yaml --key 'my key'".to_owned(), 15, vec![]),
    ];
    assert_eq!(found, expected);
    assert_eq!(words(&found[1].0), ["bundle", "build", "a.yaml", "--key", "my key"]);
}

#[test]
fn an_ellipsis_stands_for_what_changes_and_for_nothing_else() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (shown, output, expected) in [
        ("a\nb", "a\nb", true),
        ("a", "a\nb", false),
        ("a\n...", "a\nb\nc", true),
        ("...\nc", "a\nb\nc", true),
        ("...\nb", "a\nb\nc", false),
        ("sent ... of 3, …", "sent 2 of 3, 10 KiB", true),
        ("sent ... of 3", "sent 2 of 4", false),
        ("index sha256:...", "index sha256:00", true),
        ("a...a", "a", false),
    ] {
        assert_eq!(fits(&lines(shown), &lines(output)), expected, "{shown:?} {output:?}");
    }
}
