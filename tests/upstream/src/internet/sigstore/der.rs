//! Writes DER: only what certificates and timestamps need.
// See: ITU-T X.690 chapters 8, 10 and 11

use super::clock;

/// Returns a value with its tag and length.
#[must_use]
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let long: Vec<_> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            bytes.push(0x80 | long.len() as u8);
            bytes.extend(long);
        }
    }
    bytes.extend(content);
    bytes
}

/// Returns a SEQUENCE.
#[must_use]
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

/// Returns a SET; its members are sorted, as DER demands.
#[must_use]
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.sort();
    value(0x31, &parts.concat())
}

/// Returns a constructed value with a context tag.
#[must_use]
pub fn tagged(number: u8, content: &[u8]) -> Vec<u8> {
    value(0xa0 | number, content)
}

/// Returns a primitive value with a context tag.
#[must_use]
pub fn tagged_bytes(number: u8, content: &[u8]) -> Vec<u8> {
    value(0x80 | number, content)
}

/// Returns an INTEGER of an unsigned number.
#[must_use]
pub fn integer(number: &[u8]) -> Vec<u8> {
    let digits: Vec<_> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    let pad = digits.first().is_none_or(|byte| byte & 0x80 != 0);
    value(0x02, &[if pad { vec![0] } else { Vec::new() }, digits].concat())
}

/// Returns an OCTET STRING.
#[must_use]
pub fn octets(content: &[u8]) -> Vec<u8> {
    value(0x04, content)
}

/// Returns a BIT STRING of whole bytes.
#[must_use]
pub fn bits(content: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], content].concat())
}

/// Returns a BIT STRING of named bits: the byte without its trailing zeros.
#[must_use]
pub fn named_bits(byte: u8) -> Vec<u8> {
    value(0x03, &[byte.trailing_zeros() as u8, byte])
}

/// Returns TRUE.
#[must_use]
pub fn yes() -> Vec<u8> {
    value(0x01, &[0xff])
}

/// Returns a UTF8String.
#[must_use]
pub fn text(text: &str) -> Vec<u8> {
    value(0x0c, text.as_bytes())
}

/// Returns a time as certificates state it.
// See: RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after it
#[must_use]
pub fn time(seconds: u64) -> Vec<u8> {
    let full = clock::compact(seconds);
    if full.as_str() < "2050" { value(0x17, &full.as_bytes()[2..]) } else { generalized_time(seconds) }
}

/// Returns a GeneralizedTime.
#[must_use]
pub fn generalized_time(seconds: u64) -> Vec<u8> {
    value(0x18, clock::compact(seconds).as_bytes())
}

/// Returns an OBJECT IDENTIFIER.
#[must_use]
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').filter_map(|arc| arc.parse().ok()).collect();
    let first = arcs[0] * 40 + arcs[1];
    let content = [first].into_iter().chain(arcs[2..].iter().copied()).flat_map(base_128);
    value(0x06, &content.collect::<Vec<_>>())
}

fn base_128(mut arc: u64) -> Vec<u8> {
    let mut digits = vec![(arc & 0x7f) as u8];
    while arc > 0x7f {
        arc >>= 7;
        digits.push(0x80 | (arc & 0x7f) as u8);
    }
    digits.reverse();
    digits
}
