//! Reading tensors from a `.safetensors` file, with nothing believed that the file does not prove.
//!
//! The layout: eight bytes with the header's length (little-endian), the header (a JSON object that
//! gives each tensor's type, shape and place), then the numbers. The whole header is checked against
//! the file's real length before any number is read, and each tensor against the shape its model
//! needs before memory is taken for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Kind, Result};

/// The longest header believed, in bytes. Real ones have some tens of thousands.
const MAX_HEADER_BYTES: u64 = 16 * 1024 * 1024;

/// How a tensor's numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// 32-bit floats.
    Float,
    /// 16-bit floats as IEEE 754 has them.
    Half,
    /// The upper half of 32-bit floats.
    Brain,
    /// Anything else, which no weight is.
    Other,
}

/// Where a tensor lies and what it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: Number,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

/// The numbers of one tensor as they are in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawTensor {
    /// How the numbers are written.
    pub number: Number,
    /// Its size along each dimension.
    pub shape: Vec<usize>,
    /// The numbers, little-endian.
    pub bytes: Vec<u8>,
}

/// A file whose header has been checked.
#[derive(Debug)]
pub struct Safetensors {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Described {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Safetensors {
    /// Opens the file and checks its header: known types, sizes that fit the shapes, tensors that
    /// follow each other without gap or overlap up to the end of the file.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] with what is wrong; as for any file when it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |error| Error::io("cannot read", path, error);
        let mut file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut size = [0_u8; 8];
        if length < 8 {
            return Err(refused(path, &format!("it has {length} bytes, too few for a header")));
        }
        file.read_exact(&mut size).map_err(io)?;
        let size = u64::from_le_bytes(size);
        if size > MAX_HEADER_BYTES || size > length - 8 {
            return Err(refused(path, &format!("it claims a header of {size} bytes and has {length} bytes in all")));
        }
        let mut header = Vec::new();
        (&mut file).take(size).read_to_end(&mut header).map_err(io)?;
        let tensors = entries(&header, 8 + size, length).map_err(|why| refused(path, &why))?;
        Ok(Safetensors { path: path.to_path_buf(), file, tensors })
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Fails unless there is a tensor of floats with this name and shape.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] saying what is there instead.
    pub fn expect(&self, name: &str, shape: &[usize]) -> Result<()> {
        self.entry(name, shape).map(|_| ())
    }

    /// Reads a tensor that must have this shape.
    ///
    /// # Errors
    /// As [`Safetensors::expect`], and when the file cannot be read.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Result<RawTensor> {
        let Entry { number, shape, start, bytes } = self.entry(name, shape)?.clone();
        let mut buffer = vec![0; bytes];
        self.file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(&mut buffer))
            .map_err(|error| Error::io("cannot read", &self.path, error))?;
        Ok(RawTensor { number, shape, bytes: buffer })
    }

    /// The error of a tensor whose contents no model has.
    pub fn refuse(&self, name: &str, why: &str) -> Error {
        refused(&self.path, &format!("the tensor {name} {why}"))
    }

    fn entry(&self, name: &str, shape: &[usize]) -> Result<&Entry> {
        let entry = self.tensors.get(name).ok_or_else(|| self.refuse(name, "is missing"))?;
        if entry.shape != shape {
            return Err(self.refuse(name, &format!("has the shape {:?} instead of {shape:?}", entry.shape)));
        }
        if entry.number == Number::Other {
            return Err(self.refuse(name, "does not consist of 32-bit or 16-bit floats"));
        }
        Ok(entry)
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Kind::Corrupt, format!("cannot load {}: {why}", path.display()))
        .hint("check the model's files: journal models verify")
}

/// The checked tensors of a header; `data` is where the numbers begin, `end` the file's length.
fn entries(header: &[u8], data: u64, end: u64) -> Result<BTreeMap<String, Entry>, String> {
    let described: BTreeMap<String, &RawValue> =
        serde_json::from_slice(header).map_err(|error| format!("its header cannot be understood: {error}"))?;
    let mut tensors = BTreeMap::new();
    for (name, text) in described {
        if name == "__metadata__" {
            continue;
        }
        let tensor: Described = serde_json::from_str(text.get())
            .map_err(|error| format!("its header describes the tensor {name} wrongly: {error}"))?;
        let (number, width) = number(&tensor.dtype)
            .ok_or_else(|| format!("the tensor {name} is of the unknown type {:?}", tensor.dtype))?;
        let size = tensor.shape.iter().try_fold(width, |size, &count| size.checked_mul(count));
        let (start, stop) = tensor.data_offsets;
        if size.is_none() || size != stop.checked_sub(start) || stop > end - data {
            let Described { shape, .. } = tensor;
            return Err(format!("the tensor {name} of shape {shape:?} cannot lie from {start} to {stop}"));
        }
        let whole = |number: u64| usize::try_from(number).map_err(|_| format!("the tensor {name} is too large"));
        let shape = tensor.shape.iter().map(|&count| whole(count)).collect::<Result<_, _>>()?;
        tensors.insert(name.clone(), Entry { number, shape, start: data + start, bytes: whole(stop - start)? });
    }
    let mut places: Vec<(u64, u64)> = tensors.values().map(|entry| (entry.start, entry.bytes as u64)).collect();
    places.sort_unstable();
    let mut at = data;
    for (start, bytes) in places {
        if start != at {
            return Err(format!("its tensors overlap or leave a gap at byte {}", start.min(at)));
        }
        at += bytes;
    }
    if at != end {
        return Err(format!("its tensors end at byte {at} and the file at {end}"));
    }
    Ok(tensors)
}

fn number(dtype: &str) -> Option<(Number, u64)> {
    Some(match dtype {
        "F32" => (Number::Float, 4),
        "F16" => (Number::Half, 2),
        "BF16" => (Number::Brain, 2),
        "F64" | "I64" | "U64" => (Number::Other, 8),
        "I32" | "U32" => (Number::Other, 4),
        "I16" | "U16" => (Number::Other, 2),
        "I8" | "U8" | "BOOL" => (Number::Other, 1),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    fn file(header: &str, data: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
        file.write_all(header.as_bytes()).unwrap();
        file.write_all(data).unwrap();
        file
    }

    const GOOD: &str = r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},
        "a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}"#;

    #[test]
    fn tensors_are_read_by_name_and_shape() {
        let file = file(GOOD, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        let mut tensors = Safetensors::open(file.path()).unwrap();
        let read = tensors.read("b", &[2]).unwrap();
        assert_eq!((read.number, read.bytes.as_slice()), (Number::Float, &[4, 5, 6, 7, 8, 9, 10, 11][..]));
        assert_eq!(tensors.read("a", &[1, 2]).unwrap().number, Number::Brain);
        assert!(tensors.has("a") && !tensors.has("c"));
        for (name, shape, words) in [("b", &[3][..], "shape [2] instead of [3]"), ("c", &[2][..], "c is missing")] {
            let error = tensors.read(name, shape).unwrap_err();
            assert!(error.kind() == Kind::Corrupt && error.message().contains(words), "{error}");
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        let one = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        let huge = "[4611686018427387904,4]";
        let two = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
        for (header, words) in [
            ("[]", "cannot be understood"),
            ("{\"a\":", "cannot be understood"),
            ("{\"a\":7}", "describes the tensor a wrongly"),
            (&one("F32", "[-3]", "[0,12]"), "describes the tensor a wrongly"),
            (&one("F31", "[3]", "[0,12]"), "unknown type"),
            (&one("F32", "[4]", "[0,12]"), "cannot lie"),
            (&one("F32", "[4]", "[0,16]"), "cannot lie"),
            (&one("F32", "[3]", "[12,0]"), "cannot lie"),
            (&one("F32", huge, "[0,12]"), "cannot lie"),
            (&one("F32", "[3]", "[18446744073709551604,0]"), "cannot lie"),
            (&one("F32", "[2]", "[0,8]"), "end at byte"),
            (&one("F32", "[2]", "[4,12]"), "overlap or leave a gap"),
            (two, "overlap or leave a gap"),
        ] {
            let error = Safetensors::open(file(header, &[0; 12]).path()).unwrap_err();
            assert_eq!(error.kind(), Kind::Corrupt);
            assert!(error.message().contains(words), "{words:?} is not in: {error}");
        }
        let mut short = NamedTempFile::new().unwrap();
        assert!(Safetensors::open(short.path()).unwrap_err().message().contains("too few"));
        short.write_all(&u64::MAX.to_le_bytes()).unwrap();
        assert!(Safetensors::open(short.path()).unwrap_err().message().contains("claims a header"));
    }

    proptest! {
        #[test]
        fn a_changed_or_cut_file_never_panics(at in 0_usize..180, byte in any::<u8>(), cut in 0_usize..190) {
            let mut bytes = (GOOD.len() as u64).to_le_bytes().to_vec();
            bytes.extend_from_slice(GOOD.as_bytes());
            bytes.extend_from_slice(&[0; 12]);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            let mut file = NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            if let Ok(mut tensors) = Safetensors::open(file.path()) {
                let _ = tensors.read("a", &[1, 2]);
            }
        }
    }
}
