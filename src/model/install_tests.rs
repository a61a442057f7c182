//! Installing a small model of the same layout from every kind of source, good and bad.

use std::io::Cursor;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

use super::*;
use crate::model::registry::{FileSpec, ModelKind};

const fn file(path: &'static str, sha256: Option<&'static str>) -> FileSpec<'static> {
    FileSpec { path, required: true, sha256, decides_results: sha256.is_some() }
}

pub(crate) const WEIGHTS: &[u8] = b"weights";

/// A model whose weights are [`WEIGHTS`].
pub(crate) static TINY: ModelSpec = ModelSpec {
    id: "tiny",
    kind: ModelKind::Embedding,
    summary: "for tests",
    hub_repository: "someone/tiny",
    revision: "0123",
    dimensions: 2,
    max_pieces: 16,
    layers: 1,
    labels: &[],
    labels_apart: false,
    english: false,
    files: &[
        file("config.json", None),
        file("sentence_bert_config.json", None),
        file("1_Pooling/config.json", None),
        file("model.safetensors", Some("9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c")),
    ],
};

pub(crate) fn contents() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("config.json", br#"{"hidden_size": 2, "num_hidden_layers": 1}"#.to_vec()),
        ("sentence_bert_config.json", br#"{"max_seq_length": 16}"#.to_vec()),
        ("1_Pooling/config.json", br#"{"word_embedding_dimension": 2, "pooling_mode_mean_tokens": true}"#.to_vec()),
        ("model.safetensors", WEIGHTS.to_vec()),
    ]
}

struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn new() -> Self {
        Scratch { folder: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source_folder(&self, inside: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
        for (name, bytes) in files {
            let path = self.path("source").join(inside).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        self.path("source")
    }

    fn archive(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn install(&self, source: &Path) -> Result<()> {
        install_spec(&TINY, source, &self.home())
    }

    #[track_caller]
    fn assert_installed(&self) {
        for (name, bytes) in contents() {
            assert_eq!(fs::read(self.home().join("tiny").join(name)).unwrap(), bytes, "{name}");
        }
        let manifest = fs::read(self.home().join("tiny").join(MANIFEST)).unwrap();
        let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!((manifest.files.len(), manifest.revision.as_str()), (4, "0123"));
        assert!(manifest.name.starts_with("tiny@") && manifest.name.len() == 13);
        self.assert_holds(&["tiny"]);
    }

    /// What lies in the folder models are installed to: no rests of a failed try.
    #[track_caller]
    fn assert_holds(&self, expected: &[&str]) {
        let found: Vec<String> = fs::read_dir(self.home())
            .map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn refused(&self, source: &Path, kind: Kind, words: &[&str]) {
        let error = self.install(source).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        for word in words {
            assert!(error.message().contains(word), "{word:?} is not in: {error}");
        }
        self.assert_holds(&[]);
    }
}

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Written byte by byte, as a writer with manners would refuse bad names.
fn tarred(files: &[(&str, Vec<u8>)], kind: EntryType) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn nested(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(format!("{prefix}README.md"), b"not needed".to_vec())];
    files.extend(contents().into_iter().map(|(name, bytes)| (format!("{prefix}{name}"), bytes)));
    files
}

fn borrowed(files: &[(String, Vec<u8>)]) -> Vec<(&str, Vec<u8>)> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect()
}

#[test]
fn from_a_folder_nested_or_not_and_again() {
    let scratch = Scratch::new();
    let source = scratch.source_folder("a/b", &contents());
    // What killed commands have left is swept away.
    for left in [".tiny.abc.installing", ".tiny.77.removed"] {
        fs::create_dir_all(scratch.home().join(left).join("model")).unwrap();
    }
    scratch.install(&source).unwrap();
    scratch.assert_installed();
    // Installing again replaces what is there.
    fs::write(scratch.home().join("tiny/model.safetensors"), "damaged").unwrap();
    scratch.install(&source.join("a/b")).unwrap();
    scratch.assert_installed();
}

#[test]
fn two_at_once_do_not_mix() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.home()).unwrap();
    let held = lock(&TINY, &scratch.home()).unwrap();
    let source = scratch.source_folder("", &contents());
    scratch.refused(&source, Kind::Busy, &["another command"]);
    drop(held);
    scratch.install(&source).unwrap();
    scratch.assert_installed();
}

#[test]
fn from_archives_of_every_kind() {
    let files = nested("./package/model/");
    let files = borrowed(&files);
    let plain = tarred(&files, EntryType::Regular);
    let plain_zip = nested("package/model/");
    for (name, bytes) in [
        ("model.whl", zipped(&borrowed(&plain_zip))),
        ("model.tar", plain.clone()),
        ("model.tar.gz", gzipped(&plain)),
        ("name-says-nothing", gzipped(&plain)),
    ] {
        let scratch = Scratch::new();
        scratch.install(&scratch.archive(name, &bytes)).unwrap();
        scratch.assert_installed();
    }
}

#[test]
fn entries_that_lead_out_condemn_the_archive() {
    for bad in ["../evil", "a/../../evil", "/tmp/evil"] {
        let scratch = Scratch::new();
        let mut files = nested("");
        files.push((bad.to_string(), b"evil".to_vec()));
        let files = borrowed(&files);
        let tar = scratch.archive("bad.tar", &tarred(&files, EntryType::Regular));
        scratch.refused(&tar, Kind::Corrupt, &["leads out", bad]);
        let zip = scratch.archive("bad.zip", &zipped(&files));
        scratch.refused(&zip, Kind::Corrupt, &["leads out", bad]);
        assert!(!scratch.path("evil").exists());
    }
    let scratch = Scratch::new();
    let links = tarred(&[("model.safetensors", Vec::new())], EntryType::Symlink);
    scratch.refused(&scratch.archive("link.tar", &links), Kind::Corrupt, &["link"]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("model.safetensors", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let links = writer.finish().unwrap().into_inner();
    scratch.refused(&scratch.archive("link.zip", &links), Kind::Corrupt, &["link"]);
}

#[test]
fn archives_cut_short_or_too_large_are_refused() {
    let scratch = Scratch::new();
    let files = nested("m/");
    let whole = zipped(&borrowed(&files));
    let cut = scratch.archive("cut.zip", &whole[..whole.len() - 30]);
    scratch.refused(&cut, Kind::Corrupt, &["cut.zip"]);
    let whole = gzipped(&tarred(&borrowed(&files), EntryType::Regular));
    let cut = scratch.archive("cut.tgz", &whole[..whole.len() / 2]);
    scratch.refused(&cut, Kind::Corrupt, &["cut.tgz"]);
    let neither = scratch.archive("notes.txt", b"only text");
    scratch.refused(&neither, Kind::Usage, &["neither a folder nor an archive"]);

    let large = scratch.archive("large.zip", &zipped(&[("m/a", vec![0; 5000]), ("m/b", vec![0; 5000])]));
    let target = scratch.path("unpacked");
    fs::create_dir(&target).unwrap();
    let unpacked = |bytes, entries| {
        fs::remove_dir_all(&target).unwrap();
        fs::create_dir(&target).unwrap();
        unpack(&large, &target, crate::model::archive::Limits { bytes, entries }, |_| true)
    };
    unpacked(10_000, 2).unwrap();
    assert!(unpacked(9_999, 2).unwrap_err().message().contains("9999 bytes"));
    assert!(unpacked(10_000, 1).unwrap_err().message().contains("1 entries"));
}

#[test]
fn what_is_missing_or_different_is_named() {
    let scratch = Scratch::new();
    let without: Vec<_> =
        contents().into_iter().filter(|(name, _)| !name.contains("Pooling") && !name.contains("safe")).collect();
    let source = scratch.source_folder("", &without);
    scratch.refused(&source, Kind::Usage, &["1_Pooling/config.json", "model.safetensors"]);
    scratch.refused(&scratch.path("nowhere"), Kind::NotFound, &["nowhere"]);

    let damaged = [contents(), vec![("model.safetensors", b"weightz".to_vec())]].concat();
    let source = scratch.source_folder("", &damaged);
    scratch.refused(&source, Kind::Corrupt, &["model.safetensors", "SHA-256"]);
    let other = [contents(), vec![("config.json", br#"{"hidden_size": 768}"#.to_vec())]].concat();
    let source = scratch.source_folder("", &other);
    scratch.refused(&source, Kind::Usage, &["hidden_size is 768 instead of 2"]);
    let broken = [contents(), vec![("config.json", b"{".to_vec())]].concat();
    let source = scratch.source_folder("", &broken);
    scratch.refused(&source, Kind::Corrupt, &["config.json"]);
}

#[test]
fn a_failed_replacement_keeps_the_model_that_was_there() {
    let scratch = Scratch::new();
    scratch.install(&scratch.source_folder("", &contents())).unwrap();
    let bad = scratch.archive("bad.zip", b"PK\x03\x04 and no more");
    assert!(scratch.install(&bad).is_err());
    scratch.assert_installed();
}
