//! Changes of a text, at the places that its YAML was read from. Where a place is not what it seems, there is no change.

use crate::spec::node::{Node, Place, Value};
use crate::spec::site::Enforcement;

/// One change of a text.
pub(super) struct Edit {
    at: usize,
    removed: usize,
    inserted: String,
}

/// Puts another enforcement into the place of a text.
pub(super) fn replaced(text: &str, node: &Node, action: Enforcement) -> Option<Edit> {
    let (at, end) = (offset(text, node.place)?, scalar_end(text, node)?);
    Some(Edit { at, removed: end - at, inserted: action.name().to_owned() })
}

/// Puts a text where nothing was.
pub(super) fn inserted(at: usize, inserted: String) -> Edit {
    Edit { at, removed: 0, inserted }
}

/// Applies edits from the last to the first, so that none moves another.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    let mut text = text.to_owned();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.at));
    for edit in edits {
        let range = edit.at..edit.at.checked_add(edit.removed)?;
        text.get(range.clone())?;
        text.replace_range(range, &edit.inserted);
    }
    Some(text)
}

/// Tells whether a mapping is written in braces.
pub(super) fn is_flow(text: &str, node: &Node) -> Option<bool> {
    Some(text.get(offset(text, node.place)?..)?.starts_with('{'))
}

/// Returns the end of a text that is plain, or quoted without escapes.
pub(super) fn scalar_end(text: &str, node: &Node) -> Option<usize> {
    let Value::Text(value) = &node.value else { return None };
    let at = offset(text, node.place)?;
    let forms = [value.clone(), format!("\"{value}\""), format!("'{value}'")];
    let written =
        forms.iter().find(|form| text.get(at..).is_some_and(|rest| rest.starts_with(form.as_str())))?;
    Some(at + written.len())
}

/// Returns the byte at a place.
pub(super) fn offset(text: &str, place: Place) -> Option<usize> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let (within, _) = text.get(start..)?.char_indices().nth(column)?;
    Some(start + within)
}
