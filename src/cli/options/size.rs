//! Sizes on the command line.

/// The units, in bytes.
const UNITS: [(&str, u64); 6] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Reads a size: a number of bytes, or a whole number with a unit.
///
/// # Errors
/// When it is neither, with the accepted forms.
pub fn parse(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let factor = if unit.is_empty() { Some(1) } else { factor };
    let size =
        number.parse().ok().zip(factor).and_then(|(number, factor): (u64, u64)| number.checked_mul(factor));
    size.ok_or_else(|| {
        "write a number of bytes, or a whole number with KB, MB, GB, KiB, MiB or GiB: 700MB, 4GiB".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_whole_number_with_an_unambiguous_unit() {
        for (text, expected) in [
            ("4294967295", Some(4_294_967_295)),
            ("700MB", Some(700_000_000)),
            ("4 GiB", Some(4 << 30)),
            ("1KiB", Some(1024)),
            ("4G", None),
            ("4gib", None),
            ("1.5GiB", None),
            ("GiB", None),
            ("-1", None),
            ("", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }
}
