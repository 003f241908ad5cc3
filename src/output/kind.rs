//! What a path names.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;

/// Returns the kind of a file in words, unless it is a regular file.
pub(super) fn special(found: FileType) -> Option<&'static str> {
    let kinds = [
        (found.is_char_device(), "a character device"),
        (found.is_block_device(), "a block device"),
        (found.is_fifo(), "a named pipe"),
        (found.is_socket(), "a socket"),
        (found.is_dir(), "a folder"),
        (found.is_file(), ""),
    ];
    let kind = kinds.iter().find(|(is, _)| *is).map_or("no regular file", |(_, words)| words);
    (!kind.is_empty()).then_some(kind)
}
