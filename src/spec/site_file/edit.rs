//! Writes another enforcement into the text of a site file, and leaves every other character unchanged.
//!
//! The result is read again: if it differs from the old text in more than the enforcement, the edit is refused, and the
//! error names the lines to write.

#[cfg(test)]
mod tests;
mod text;

use super::super::decode::Faults;
use super::super::file::parse_yaml;
use super::super::node::{Node, Place, Value};
use super::super::site::{Enforcement, Site};
use text::{Edit, apply, inserted, is_flow, offset, replaced, scalar_end};

/// Why a text was not edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It is no site file.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The site has no such policy.
    #[error("`{file}` lists no policy `{policy}`")]
    NoPolicy {
        /// The file.
        file: String,
        /// The policy.
        policy: String,
    },
    /// The text is written in a way in which it cannot be edited safely.
    #[error("`{file}` cannot be edited safely")]
    Unsafe {
        /// The file.
        file: String,
        /// What to write into it.
        lines: String,
    },
}

impl EditError {
    /// Tells whether this is the answer "no", and not the lack of one.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Unsafe { .. })
    }

    /// Returns the next step.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Faults(_) => None,
            Self::NoPolicy { .. } => {
                Some("name the site file that this cluster was installed with".to_owned())
            }
            Self::Unsafe { lines, .. } => {
                Some(format!("write this into it, and then run the command without `--to-site`:\n{lines}"))
            }
        }
    }
}

impl Site {
    /// Returns the text of a site file with another enforcement of some policies, or of all if none is named.
    ///
    /// # Errors
    /// When the text is no site file, does not list a policy, or cannot be edited safely.
    pub fn with_enforcement(
        text: &str,
        file: &str,
        policies: &[String],
        action: Enforcement,
    ) -> Result<String, EditError> {
        let wanted = wanted(Self::parse(text, file)?, file, policies, action)?;
        let root = parse_yaml(text, file)?;
        let lines = || lines(&wanted, &root, policies, action);
        let edited = edits(text, &root, policies, action).and_then(|edits| apply(text, edits));
        let good = |edited: &String| Self::parse(edited, file).is_ok_and(|site| site == wanted);
        edited.filter(good).ok_or_else(|| EditError::Unsafe { file: file.to_owned(), lines: lines() })
    }
}

fn wanted(mut site: Site, file: &str, policies: &[String], action: Enforcement) -> Result<Site, EditError> {
    let gatekeeper = &mut site.gatekeeper;
    if policies.is_empty() {
        gatekeeper.enforcement = action;
        gatekeeper.policies.iter_mut().for_each(|policy| policy.enforcement = action);
    }
    for name in policies {
        let Some(policy) = gatekeeper.policies.iter_mut().find(|policy| policy.name == *name) else {
            return Err(EditError::NoPolicy { file: file.to_owned(), policy: name.clone() });
        };
        policy.enforcement = action;
    }
    Ok(site)
}

/// Returns what to write. A list stands in place of the default policies, so that a new one has to name them all.
fn lines(site: &Site, root: &Node, policies: &[String], action: Enforcement) -> String {
    if policies.is_empty() {
        return format!("gatekeeper:\n  enforcement: {}", action.name());
    }
    let listed = field(root, "gatekeeper").and_then(|node| field(node, "policies")).is_some();
    let names = site.gatekeeper.policies.iter().map(|policy| &policy.name);
    let line = |name: &String| match policies.contains(name) {
        true => format!("\n    - {{name: {name}, enforcement: {}}}", action.name()),
        false if listed => String::new(),
        false => format!("\n    - {{name: {name}}}"),
    };
    format!("gatekeeper:\n  policies:{}", names.map(line).collect::<String>())
}

/// Returns the edits; `None` if the text has no place for them.
fn edits(text: &str, root: &Node, policies: &[String], action: Enforcement) -> Option<Vec<Edit>> {
    let gatekeeper = field(root, "gatekeeper").filter(|node| !matches!(node.value, Value::Null));
    let listed = gatekeeper.and_then(|node| field(node, "policies"));
    let listed: &[Node] = match listed.map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    };
    if !policies.is_empty() {
        return policies.iter().map(|name| set_policy(text, policy(listed, name)?, action)).collect();
    }
    let own = listed.iter().filter_map(|item| field(item, "enforcement"));
    let mut edits: Vec<Edit> = own.map(|node| replaced(text, node, action)).collect::<Option<_>>()?;
    edits.push(match gatekeeper {
        Some(node) => set_gatekeeper(text, node, action)?,
        None => appended(text, root, action)?,
    });
    Some(edits)
}

fn policy<'n>(listed: &'n [Node], name: &str) -> Option<&'n Node> {
    let is_named = |item: &&Node| field(item, "name").is_some_and(|node| is_text(node, name));
    listed.iter().find(is_named)
}

fn is_text(node: &Node, text: &str) -> bool {
    matches!(&node.value, Value::Text(written) if written == text)
}

/// Sets a policy's own enforcement: after its name if it is a new field.
fn set_policy(text: &str, policy: &Node, action: Enforcement) -> Option<Edit> {
    if let Some(node) = field(policy, "enforcement") {
        return replaced(text, node, action);
    }
    let end = scalar_end(text, field(policy, "name")?)?;
    if is_flow(text, policy)? {
        return Some(inserted(end, format!(", enforcement: {}", action.name())));
    }
    let key = key_place(policy, "name")?;
    let line = end + text.get(end..)?.find('\n').unwrap_or(text.len() - end);
    let indent = " ".repeat(usize::try_from(key.column).ok()?.checked_sub(1)?);
    let carriage = if text.get(..line)?.ends_with('\r') { 1 } else { 0 };
    let ending = if carriage == 1 { "\r\n" } else { "\n" };
    Some(inserted(line - carriage, format!("{ending}{indent}enforcement: {}", action.name())))
}

/// Sets the site's enforcement; a new field goes before all others.
fn set_gatekeeper(text: &str, gatekeeper: &Node, action: Enforcement) -> Option<Edit> {
    if let Some(node) = field(gatekeeper, "enforcement") {
        return replaced(text, node, action);
    }
    let Value::Map(entries) = &gatekeeper.value else { return None };
    let first = offset(text, entries.first()?.0.place)?;
    if is_flow(text, gatekeeper)? {
        return Some(inserted(first, format!("enforcement: {}, ", action.name())));
    }
    let line = text.get(..first)?.rfind('\n').map_or(0, |end| end + 1);
    let indent = text.get(line..first)?;
    let ending = if text.get(..line)?.ends_with("\r\n") { "\r\n" } else { "\n" };
    Some(inserted(first, format!("enforcement: {}{ending}{indent}", action.name())))
}

fn appended(text: &str, root: &Node, action: Enforcement) -> Option<Edit> {
    let absent = field(root, "gatekeeper").is_none();
    let ending = if text.ends_with('\n') { "" } else { "\n" };
    absent.then(|| inserted(text.len(), format!("{ending}gatekeeper:\n  enforcement: {}\n", action.name())))
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
}

fn key_place(node: &Node, name: &str) -> Option<Place> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| key.place)
}
