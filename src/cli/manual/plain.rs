//! Markdown as a terminal shows it: little is removed, since Markdown reads well as text.

/// Returns a page without comments and fences; code is indented, and a link to another page names the command that prints it.
/// `name` is the page's own name, from which its links start.
pub(super) fn plain(markdown: &str, name: &str) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code && line.is_empty() {
            text.push('\n');
        } else if in_code {
            text.push_str(&format!("    {line}\n"));
        } else if !line.trim_start().starts_with("<!--") {
            text.push_str(&prose(line, name));
            text.push('\n');
        }
    }
    text
}

/// Writes out the links of a line: `[text](target)`.
fn prose(line: &str, name: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, label, target, after)) = next_link(rest) {
        text.push_str(before);
        text.push_str(label);
        if let Some(shown) = shown(target, name) {
            text.push_str(&format!(" ({shown})"));
        }
        rest = after;
    }
    text.push_str(rest);
    text.replace("\\|", "|")
}

/// Returns what is before a link, its label, its target, and what is after it.
fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let start = text[..middle].rfind('[')?;
    let (target, after) = text[middle + 2..].split_once(')')?;
    Some((&text[..start], &text[start + 1..middle], target, after))
}

/// Returns how a link's target is written; `None` for a place on the same page, whose name says enough.
fn shown(target: &str, name: &str) -> Option<String> {
    let path = target.split('#').next().unwrap_or_default();
    if target.contains("://") {
        return Some(target.to_owned());
    }
    match path.strip_suffix(".md") {
        Some(page) => Some(format!("`bundle help {}`", resolved(page, name))),
        None => (!path.is_empty()).then(|| path.to_owned()),
    }
}

/// Returns the name of the page that a path means, seen from the page `name`.
fn resolved(path: &str, name: &str) -> String {
    let mut parts: Vec<_> = name.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_fences_go_and_links_name_a_command() {
        let page = "# Title\n<!-- made by a test -->\nSee [the spec](spec.md), [serve](../guides/serve.md#tls), [below](#x)\nand [cosign](https://docs.sigstore.dev).\n\n```yaml\na: [b](c.md)\n\nd: e\n```\n- `a \\| b`\n";
        insta::assert_snapshot!(plain(page, "reference/site"), @r"
        # Title
        See the spec (`bundle help reference/spec`), serve (`bundle help guides/serve`), below
        and cosign (https://docs.sigstore.dev).

            a: [b](c.md)

            d: e
        - `a | b`
        ");
    }
}
