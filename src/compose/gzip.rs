//! A gzip that only stores: what it writes depends on nothing but what it is given, and every reader of layers takes it.

use std::io;

use flate2::Crc;

// See: RFC 1951 section 3.2.4: a stored block holds at most 65,535 bytes
const BLOCK_BYTES: usize = 65_535;
// See: RFC 1952 section 2.3: no name, no time, an unknown system
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Takes the pieces of a layer, in order.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// Wraps pieces into stored blocks, all of one size but the last, however the pieces are cut.
pub(super) struct Gzip<'a> {
    take: Take<'a>,
    block: Vec<u8>,
    crc: Crc,
}

impl<'a> Gzip<'a> {
    pub(super) fn start(take: Take<'a>) -> io::Result<Self> {
        take(&HEADER)?;
        Ok(Self { take, block: Vec::with_capacity(BLOCK_BYTES), crc: Crc::new() })
    }

    pub(super) fn piece(&mut self, mut piece: &[u8]) -> io::Result<()> {
        self.crc.update(piece);
        while !piece.is_empty() {
            if self.block.len() == BLOCK_BYTES {
                self.write_block(false)?;
            }
            let (now, later) = piece.split_at(piece.len().min(BLOCK_BYTES - self.block.len()));
            self.block.extend_from_slice(now);
            piece = later;
        }
        Ok(())
    }

    /// Writes the last block and the checksum.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_block(true)?;
        (self.take)(&self.crc.sum().to_le_bytes())?;
        (self.take)(&self.crc.amount().to_le_bytes())
    }

    fn write_block(&mut self, last: bool) -> io::Result<()> {
        let length = u16::try_from(self.block.len()).unwrap_or_default();
        let ([low, high], [not_low, not_high]) = (length.to_le_bytes(), (!length).to_le_bytes());
        (self.take)(&[u8::from(last), low, high, not_low, not_high])?;
        (self.take)(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn zipped(pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let mut gzip = Gzip::start(&mut take).unwrap();
        pieces.iter().for_each(|piece| gzip.piece(piece).unwrap());
        gzip.finish().unwrap();
        bytes
    }

    #[test]
    fn what_is_stored_reads_back_and_does_not_depend_on_how_it_is_cut() {
        for length in [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, 200_000] {
            let content: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let (head, tail) = content.split_at(length / 3);
            let whole = zipped(&[&content]);
            assert_eq!(whole, zipped(&[head, b"", tail]), "{length}");
            let mut read = Vec::new();
            flate2::read::GzDecoder::new(&whole[..]).read_to_end(&mut read).unwrap();
            assert!(read == content, "{length}");
        }
    }
}
