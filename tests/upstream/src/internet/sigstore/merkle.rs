//! The tree of a log: leaf hashes, the root, and the path from a leaf to it.
// See: RFC 6962 section 2.1

use super::key::sha256;

/// Returns the hash of an entry.
#[must_use]
pub fn leaf(entry: &[u8]) -> [u8; 32] {
    sha256(&[&[0], entry].concat())
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    sha256(&[&[1], &left[..], &right].concat())
}

/// Returns the root of a tree that has at least one leaf.
#[must_use]
pub fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves));
            node(root(left), root(right))
        }
    }
}

/// Returns what has to be joined to a leaf, from below, to come to the root.
#[must_use]
pub fn path(leaves: &[[u8; 32]], position: usize) -> Vec<[u8; 32]> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let at = split(leaves);
    let (left, right) = leaves.split_at(at);
    let (mut below, beside) = if position < at {
        (path(left, position), root(right))
    } else {
        (path(right, position - at), root(left))
    };
    below.push(beside);
    below
}

/// Returns the largest power of two below the number of leaves.
fn split(leaves: &[[u8; 32]]) -> usize {
    leaves.len().next_power_of_two() / 2
}
