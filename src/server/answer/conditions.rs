//! Conditions and ranges of requests. A digest is a strong validator: the same tag, the same bytes.

use http::{HeaderMap, StatusCode};

use crate::digest::Digest;

/// What of a blob is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole,
    /// From one byte up to, not including, another one.
    Part(u64, u64),
    /// A range that starts beyond the end.
    Beyond,
}

/// Returns the `ETag` of a digest.
pub(crate) fn entity_tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Returns the answer that a condition leads to, where it is not the content itself.
// See: RFC 9110, "Precedence of Preconditions"; there are no dates to compare
pub(crate) fn settled(headers: &HeaderMap, digest: &Digest) -> Option<StatusCode> {
    let tag = entity_tag(digest);
    // See: RFC 9110, "If-Match": strong comparison
    if headers.contains_key("if-match")
        && !listed(headers, "if-match").any(|found| found == "*" || found == tag)
    {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    // See: RFC 9110, "If-None-Match": weak comparison
    let is_known = |found: &str| found == "*" || found.strip_prefix("W/").unwrap_or(found) == tag;
    listed(headers, "if-none-match").any(is_known).then_some(StatusCode::NOT_MODIFIED)
}

fn listed<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Returns what of a blob is asked for. A range is taken only where it is the only one, and where `If-Range`, if there is
/// one, names this very digest; anything else is answered whole.
// See: RFC 9110, "Range" and "If-Range": strong comparison
pub(crate) fn wanted(headers: &HeaderMap, digest: &Digest, size: u64) -> Wanted {
    let mut ranges = headers.get_all("range").iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Wanted::Whole };
    let is_same =
        headers.get("if-range").is_none_or(|value| value.as_bytes() == entity_tag(digest).as_bytes());
    let range = range.to_str().ok().filter(|_| is_same);
    range.and_then(|range| parse_range(range, size)).unwrap_or(Wanted::Whole)
}

/// Takes apart `bytes=START-END`. `None`: not a single range.
// See: RFC 9110, "Byte Ranges"
fn parse_range(text: &str, size: u64) -> Option<Wanted> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u64>());
    let (start, end) = match (number(start)?, number(end)?) {
        (Ok(start), Ok(end)) if start <= end => (start, end.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if end.is_empty() => (start, size),
        (Err(_), Ok(last)) if start.is_empty() => (size.saturating_sub(last), size),
        _ => return None,
    };
    Some(if start < end { Wanted::Part(start, end) } else { Wanted::Beyond })
}
