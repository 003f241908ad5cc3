//! What a registry asks for with its 401.

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token of a token service.
    Bearer(Bearer),
    /// A password, or nothing that is known.
    Other,
}

/// Where a token is had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bearer {
    /// The token service's address.
    pub realm: String,
    /// The name of the registry to the token service.
    pub service: Option<String>,
}

impl Challenge {
    /// Reads the `WWW-Authenticate` headers of an answer.
    pub(crate) fn of(headers: &[String]) -> Self {
        headers.iter().find_map(|text| bearer(text)).map_or(Self::Other, Self::Bearer)
    }
}

/// Finds the token service in a header; other schemes may stand before it.
// See: RFC 9110 section 11.6.1, distribution docs/spec/auth/token.md
fn bearer(header: &str) -> Option<Bearer> {
    let words = parameters(header);
    let mut inside = false;
    let mut found = Bearer::default();
    for (name, value) in words {
        match (name.split_once(' '), value) {
            // A scheme stands before the first of its parameters.
            (Some((scheme, first)), value) => {
                inside = scheme.eq_ignore_ascii_case("bearer");
                found.take(inside, first, value);
            }
            (None, value) => found.take(inside, &name, value),
        }
    }
    Some(found).filter(|found| !found.realm.is_empty())
}

impl Bearer {
    fn take(&mut self, inside: bool, name: &str, value: String) {
        match name.trim().to_ascii_lowercase().as_str() {
            "realm" if inside && self.realm.is_empty() => self.realm = value,
            "service" if inside && self.service.is_none() => self.service = Some(value),
            _ => {}
        }
    }
}

/// Takes `name=value, name="value"` apart; a comma between quotes belongs to the value.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.trim_matches([',', ' ']).to_owned();
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => value
                .split_once(',')
                .map_or((value.to_owned(), ""), |(value, after)| (value.to_owned(), after)),
        };
        found.push((name, value.trim().to_owned()));
        rest = after;
    }
    found
}

/// Returns what stands before the closing quote, and the rest.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_service_is_found_among_schemes_and_quotes() {
        let realm = "https://auth.example/token";
        for (header, expected) in [
            (
                r#"Bearer realm="https://auth.example/token",service="registry.example""#,
                Some((realm, Some("registry.example"))),
            ),
            (
                r#"bearer service="a, b", realm="https://auth.example/token", scope="repository:a/b:pull,push""#,
                Some((realm, Some("a, b"))),
            ),
            (r#"Basic realm="x", Bearer realm="https://auth.example/token""#, Some((realm, None))),
            (r#"Bearer realm="https://auth.example/token", Basic realm="x""#, Some((realm, None))),
            (r#"Bearer realm=https://auth.example/token,service=s"#, Some((realm, Some("s")))),
            (r#"Bearer realm="https:\/\/auth.example/token""#, Some((realm, None))),
            (r#"Basic realm="https://auth.example/token""#, None),
            (r#"Bearer service="s""#, None),
            ("Bearer", None),
            ("", None),
            (r#"Bearer realm=""#, None),
        ] {
            let expected = expected.map(|(realm, service): (&str, Option<&str>)| Bearer {
                realm: realm.to_owned(),
                service: service.map(str::to_owned),
            });
            assert_eq!(bearer(header), expected, "{header}");
        }
    }
}
