//! Ranges of IP addresses, as NetworkPolicies take them.

use std::net::IpAddr;

use super::super::decode::Decoder;
use super::super::node::Node;

/// Reads a list of ranges, in their shortest spelling.
pub(super) fn decode_cidrs(decoder: &mut Decoder, node: &Node, what: &str) -> Vec<String> {
    decoder.list(node, what).iter().filter_map(|item| decode_cidr(decoder, item)).collect()
}

fn decode_cidr(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let text = decoder.text(node, "a range of addresses")?;
    match parse(&text) {
        Ok(range) => Some(range),
        Err(hint) => {
            let message = format!("`{text}` is not a range of IP addresses");
            decoder.fault(node.place, message, hint);
            None
        }
    }
}

/// Returns the range, or what to write in its place.
///
/// Kubernetes accepts host bits that are set, but warns and will refuse them: the author meant one of two ranges.
// See: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ (`ipBlock.cidr`)
fn parse(text: &str) -> Result<String, String> {
    let example =
        || "write addresses with the length of their prefix: 10.0.0.0/24, 10.0.0.5/32, fd00::/8".to_owned();
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().map_err(|_| example())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    if !text.contains('/') {
        return Err(format!("write one address as a range: {address}/{bits}"));
    }
    if address.to_canonical() != address {
        return Err("write the IPv4 range itself: Kubernetes refuses it inside an IPv6 address".to_owned());
    }
    let plain =
        length.bytes().all(|byte| byte.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let length = length.parse().ok().filter(|length| plain && *length <= bits).ok_or_else(example)?;
    let first = network(address, length);
    if first == address {
        Ok(format!("{address}/{length}"))
    } else {
        Err(format!("write the whole range as {first}/{length}, or the one address as {address}/{bits}"))
    }
}

/// Returns the first address of the range that holds an address.
fn network(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            IpAddr::V4((address.to_bits() & u32::MAX.checked_shl(32 - length).unwrap_or(0)).into())
        }
        IpAddr::V6(address) => {
            IpAddr::V6((address.to_bits() & u128::MAX.checked_shl(128 - length).unwrap_or(0)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_in_full_and_without_host_bits() {
        for good in ["0.0.0.0/0", "10.0.0.5/32", "10.16.0.0/12", "::/0", "fd00::/8", "2001:db8::1/128"] {
            assert_eq!(parse(good).as_deref(), Ok(good));
        }
        assert_eq!(parse("FD00:0::/8").as_deref(), Ok("fd00::/8"));
        for (bad, hint) in [
            ("10.0.0.5/24", "write the whole range as 10.0.0.0/24, or the one address as 10.0.0.5/32"),
            ("1.2.3.4/0", "write the whole range as 0.0.0.0/0, or the one address as 1.2.3.4/32"),
            ("fd00::1/8", "write the whole range as fd00::/8, or the one address as fd00::1/128"),
            ("::1/0", "write the whole range as ::/0, or the one address as ::1/128"),
            ("10.0.0.5", "write one address as a range: 10.0.0.5/32"),
            (
                "::ffff:10.0.0.0/104",
                "write the IPv4 range itself: Kubernetes refuses it inside an IPv6 address",
            ),
        ] {
            assert_eq!(parse(bad), Err(hint.to_owned()), "{bad}");
        }
        for bad in
            ["", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0/8", "::/129", "x/8"]
        {
            assert!(parse(bad).is_err_and(|hint| hint.starts_with("write addresses with")), "{bad}");
        }
    }
}
