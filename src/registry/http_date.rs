//! The dates of HTTP headers. They are compared with each other only: no clock of this machine is asked.

use jiff::fmt::rfc2822::DateTimeParser;

/// Returns the seconds since 1970 of a date as headers have it.
// See: RFC 9110 section 5.6.7; its preferred form is one of RFC 2822's
pub(super) fn seconds(text: &str) -> Option<i64> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text.trim()).ok().map(|time| time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_the_specification_is_read() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("1994-11-06"), None);
    }
}
