//! A gzip writer that only stores.

use std::io::{self, Write};

// See: RFC 1951 section 3.2.4: a stored block holds at most 65,535 bytes
const BLOCK_BYTES: usize = 65_535;
const CRC: [u32; 256] = crc_table();

/// Wraps what is written into stored gzip blocks.
pub struct Gzip<W: Write> {
    to: W,
    block: Vec<u8>,
    crc: u32,
    length: u32,
}

impl<W: Write> Gzip<W> {
    /// Writes the header: no name, no time, unknown system.
    // See: RFC 1952 section 2.3
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])?;
        Ok(Self { to, block: Vec::with_capacity(BLOCK_BYTES), crc: !0, length: 0 })
    }

    /// Writes the last block and the checksum.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_block(true)?;
        self.to.write_all(&(!self.crc).to_le_bytes())?;
        self.to.write_all(&self.length.to_le_bytes())?;
        Ok(self.to)
    }

    fn write_block(&mut self, last: bool) -> io::Result<()> {
        let length = self.block.len() as u16;
        self.to.write_all(&[u8::from(last)])?;
        self.to.write_all(&length.to_le_bytes())?;
        self.to.write_all(&(!length).to_le_bytes())?;
        self.to.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.block.len() == BLOCK_BYTES {
            self.write_block(false)?;
        }
        let taken = &bytes[..bytes.len().min(BLOCK_BYTES - self.block.len())];
        self.block.extend_from_slice(taken);
        self.crc = taken
            .iter()
            .fold(self.crc, |crc, byte| CRC[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8));
        self.length = self.length.wrapping_add(taken.len() as u32);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// See: RFC 1952 section 8
const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}
