//! The first 128 bytes of a snapshot file: what it holds, of what, from when, and its checksums.
//!
//! All numbers are little-endian. After the header come the keys (i64 each, ascending), one mark
//! per key (the CRC-32 of its f32 vector), zeros up to a multiple of 64, and the image: the engine's graph, or
//! the sign codes in the order of the keys.

use crate::journal::log::Position;

/// The length of the header in bytes.
pub(super) const HEADER_LEN: usize = 128;
/// The image starts at a multiple of this, so that its rows are aligned as they were in memory.
const ALIGNMENT: usize = 64;
const MAGIC: [u8; 8] = *b"jrnlvec\n";
const FORMAT: u32 = 1;
const ENTRY_LEN: usize = 8 + 4;

/// What the image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Sign codes: one bit for each number.
    Codes = 1,
    /// A graph of vectors of 16-bit floats.
    Graph = 16,
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// What the image is.
    pub(super) form: Form,
    /// The change-log row whose state this is.
    pub(super) position: Position,
    /// The greatest key held; 0 when there is none.
    pub(super) highest: i64,
    /// The collection and the model, hashed.
    pub(super) identity: u64,
    /// Numbers per vector.
    pub(super) dims: u32,
    /// How many keys are held.
    pub(super) count: u64,
    /// The length of the image in bytes.
    pub(super) image_len: u64,
    /// CRC-32 of everything between the header and the image.
    pub(super) tables_sum: u32,
    /// CRC-32 of the image.
    pub(super) image_sum: u32,
}

impl Header {
    /// Where the image starts, counted from the start of the file. `None` when it cannot be.
    pub(super) fn image_offset(&self) -> Option<usize> {
        usize::try_from(self.count)
            .ok()?
            .checked_mul(ENTRY_LEN)?
            .checked_add(HEADER_LEN)?
            .checked_next_multiple_of(ALIGNMENT)
    }

    /// The length of the whole file in bytes. `None` when it cannot be.
    pub(super) fn file_len(&self) -> Option<usize> {
        self.image_offset()?.checked_add(usize::try_from(self.image_len).ok()?)
    }

    /// The bytes written at the start of the file.
    pub(super) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0u8; HEADER_LEN];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&MAGIC);
        put(&FORMAT.to_le_bytes());
        put(&(self.form as u32).to_le_bytes());
        put(&self.position.seq.to_le_bytes());
        put(&self.position.nonce.to_le_bytes());
        put(&self.highest.to_le_bytes());
        put(&self.identity.to_le_bytes());
        put(&self.count.to_le_bytes());
        put(&self.image_len.to_le_bytes());
        put(&self.dims.to_le_bytes());
        put(&self.tables_sum.to_le_bytes());
        put(&self.image_sum.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..HEADER_LEN - 4]);
        bytes[HEADER_LEN - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a header, or says why it is none.
    pub(super) fn decode(bytes: &[u8]) -> Result<Header, &'static str> {
        let bytes: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or("is shorter than its header")?;
        if bytes[..MAGIC.len()] != MAGIC {
            return Err("does not begin as a snapshot does");
        }
        let (body, sum) = bytes.split_at(HEADER_LEN - 4);
        if crc32fast::hash(body).to_le_bytes() != sum {
            return Err("has a damaged header");
        }
        let mut rest = &body[MAGIC.len()..];
        if take_u32(&mut rest) != FORMAT {
            return Err("is of another format version");
        }
        let form = match take_u32(&mut rest) {
            form if form == Form::Codes as u32 => Form::Codes,
            form if form == Form::Graph as u32 => Form::Graph,
            _ => return Err("is of an unknown form"),
        };
        Ok(Header {
            form,
            position: Position { seq: take_i64(&mut rest), nonce: take_i64(&mut rest) },
            highest: take_i64(&mut rest),
            identity: take_i64(&mut rest) as u64,
            count: take_i64(&mut rest) as u64,
            image_len: take_i64(&mut rest) as u64,
            dims: take_u32(&mut rest),
            tables_sum: take_u32(&mut rest),
            image_sum: take_u32(&mut rest),
        })
    }
}

/// The keys and marks as they stand between the header and the image, padding included.
pub(super) fn encode_tables(entries: &[(i64, u32)]) -> Vec<u8> {
    let unpadded = HEADER_LEN + entries.len() * ENTRY_LEN;
    let mut bytes = Vec::with_capacity(unpadded.next_multiple_of(ALIGNMENT) - HEADER_LEN);
    bytes.extend(entries.iter().flat_map(|(key, _)| key.to_le_bytes()));
    bytes.extend(entries.iter().flat_map(|(_, mark)| mark.to_le_bytes()));
    bytes.resize(unpadded.next_multiple_of(ALIGNMENT) - HEADER_LEN, 0);
    bytes
}

/// The keys and marks, read back.
pub(super) fn decode_tables(bytes: &[u8], count: usize) -> (Vec<i64>, Vec<u32>) {
    let (mut keys, mut marks) = bytes.split_at(count * 8);
    ((0..count).map(|_| take_i64(&mut keys)).collect(), (0..count).map(|_| take_u32(&mut marks)).collect())
}

fn take_u32(bytes: &mut &[u8]) -> u32 {
    let (head, rest) = bytes.split_at(4);
    *bytes = rest;
    u32::from_le_bytes(std::array::from_fn(|at| head[at]))
}

fn take_i64(bytes: &mut &[u8]) -> i64 {
    let (head, rest) = bytes.split_at(8);
    *bytes = rest;
    i64::from_le_bytes(std::array::from_fn(|at| head[at]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            form: Form::Codes,
            position: Position { seq: 41, nonce: -7 },
            highest: 900,
            identity: u64::MAX - 3,
            dims: 384,
            count: 3,
            image_len: 4096,
            tables_sum: 0xdead_beef,
            image_sum: 0x0bad_cafe,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Header::decode(&sample().encode()), Ok(sample()));
        let graph = Header { form: Form::Graph, ..sample() };
        assert_eq!(Header::decode(&graph.encode()), Ok(graph));
        assert_eq!(sample().image_offset(), Some(192));
        assert_eq!(sample().file_len(), Some(192 + 4096));
        let entries = [(3, 30), (5, 50), (i64::MAX, u32::MAX)];
        let tables = encode_tables(&entries);
        assert_eq!(tables.len(), 192 - HEADER_LEN);
        let (keys, marks) = decode_tables(&tables, 3);
        assert_eq!(keys.into_iter().zip(marks).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = sample().encode();
        for bit in 0..HEADER_LEN * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..HEADER_LEN {
            assert!(Header::decode(&bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn impossible_sizes_do_not_overflow() {
        let header = Header { count: u64::MAX, ..sample() };
        assert_eq!(header.image_offset(), None);
        let header = Header { image_len: u64::MAX, ..sample() };
        assert_eq!(header.file_len(), None);
    }
}
