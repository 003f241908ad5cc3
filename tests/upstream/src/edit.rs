//! Changes to the text of a spec.

/// Returns a spec without the list item that a text begins, over as many lines as that has.
pub fn without(spec: &str, entry: &str) -> String {
    let start = spec.find(entry).unwrap_or_else(|| panic!("`{entry}` is not in the spec"));
    let start = spec[..start].rfind('\n').expect("a line before") + 1;
    let indent = spec[start..].find('-').expect("an item");
    let inner = |line: &&str| line.len() > indent && line[..=indent].trim().is_empty();
    let lines = spec[start..].split_inclusive('\n');
    let length: usize = lines.clone().take(1).chain(lines.skip(1).take_while(inner)).map(str::len).sum();
    format!("{}{}", &spec[..start], &spec[start + length..])
}
