//! Hosts, as people write them.

/// Returns whether the text is a host name or address, with an optional port.
#[must_use]
pub fn is_host(text: &str) -> bool {
    // An address with its scheme in front would pass for the host `http` with an empty port.
    !text.is_empty()
        && !text.ends_with(':')
        && format!("http://{text}/").parse::<http::Uri>().is_ok_and(|uri| {
            uri.authority().is_some_and(|authority| authority == text && !text.contains('@'))
        })
}
