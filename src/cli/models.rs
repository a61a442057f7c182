use super::progress;
use crate::analysis::emotions::{EMOTIONS, VECTORS_OF};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::model::registry::{DEFAULT_EMBEDDING_MODEL, MODELS};
use crate::model::{hub, install};
use crate::output::text;
use serde_json::json;
use std::path::PathBuf;

/// List, install, verify or remove models
///
/// A model gives texts their meaning. It is files on this machine; nothing you write ever leaves it.
///
/// Entries are read by all-mpnet-base-v2 once it is installed, by all-MiniLM-L6-v2 until then; topics by
/// all-MiniLM-L6-v2. The settings entry_model and topic_model, or model for both, name another.
#[derive(Debug, clap::Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    verb: ModelsVerb,
}

#[derive(Debug, clap::Subcommand)]
enum ModelsVerb {
    /// Show known and installed models, and what each of them reads
    List,
    /// Install a model from a folder or an archive, or else from the public hub
    ///
    /// Without --from the files are fetched over the network, from https://huggingface.co or the address in
    /// the variable HF_ENDPOINT; what was cut short goes on where it ended. With --from no network is used.
    Install {
        /// The model
        #[arg(default_value = DEFAULT_EMBEDDING_MODEL)]
        id: String,
        /// A folder with the model's files, or a .zip, .whl, .tar or .tar.gz that contains it
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
    },
    /// Read every file and compare it with what was installed
    Verify {
        /// The model
        #[arg(default_value = DEFAULT_EMBEDDING_MODEL)]
        id: String,
    },
    /// Remove a model's files; vectors stay until another model replaces them
    Remove {
        /// The model
        id: String,
    },
}

pub(super) fn run(args: ModelsArgs, app: &mut App) -> Result<u8> {
    let folders = app.model_folders();
    match args.verb {
        ModelsVerb::List => list(app).map(|()| 0),
        ModelsVerb::Install { id, from } => {
            let installed = match from {
                Some(path) => install::install_from(&id, &path, &folders)?,
                None => {
                    let address = hub_address()?;
                    let bar = progress::bar(app, "download", 0);
                    let outcome = hub::install_from_hub(&id, &address, &folders, &mut |progress| {
                        bar.set_length(progress.total.unwrap_or(0));
                        bar.set_position(progress.done);
                    });
                    bar.finish_and_clear();
                    outcome?
                }
            };
            app.wake_analysis();
            if app.printer.is_json() {
                app.printer.json(&json!({"id": installed.id, "model_name": installed.name, "folder": installed.folder, "bytes": installed.bytes}))?;
            } else {
                app.printer.note(&format!("Installed {} in {}.", installed.name, installed.folder.display()));
            }
            Ok(0)
        }
        ModelsVerb::Verify { id } => {
            let verdict = folders.verify(&id)?;
            if app.printer.is_json() {
                app.printer.json(&json!({"id": id, "checked": verdict.checked, "faults": verdict.faults}))?;
            } else if verdict.faults.is_empty() {
                app.printer.line(&format!("{id}: {} files as installed.", verdict.checked))?;
            }
            if verdict.faults.is_empty() {
                return Ok(0);
            }
            Err(Error::new(Kind::Corrupt, format!("{id}: {}", verdict.faults.join("; ")))
                .hint(format!("`journal models install {id} --from …` puts it right")))
        }
        ModelsVerb::Remove { id } => {
            let folder = folders.remove(&id)?;
            app.wake_analysis();
            if app.printer.is_json() {
                app.printer.json(&json!({"id": id, "removed": folder}))?;
            } else {
                app.printer.note(&format!("Removed {}.", folder.display()));
            }
            Ok(0)
        }
    }
}

/// Where the hub is: a mirror inside a company, say, goes by the variable that the hub's own tools read.
fn hub_address() -> Result<String> {
    let given = std::env::var("HF_ENDPOINT").unwrap_or_default();
    match given.as_str() {
        "" => Ok(hub::HUB_URL.to_string()),
        _ if ["https://", "http://"].iter().any(|scheme| given.len() > scheme.len() && given.starts_with(scheme)) => {
            Ok(given)
        }
        _ => Err(Error::usage(format!("HF_ENDPOINT is {given:?}, which is no address of a hub"))
            .hint(format!("an address begins with https:// or http://; unset, it is {}", hub::HUB_URL))),
    }
}

fn list(app: &mut App) -> Result<()> {
    let installed = app.model_folders().list()?;
    let rows: Vec<_> = MODELS.iter().map(|spec| (spec, installed.iter().find(|model| model.id == spec.id))).collect();
    let readers = app.readers()?;
    let reads = |id: &str| -> Vec<&str> {
        let those = readers.iter().filter(|(_, model)| model.as_ref().is_ok_and(|model| model.id == id));
        those.map(|(collection, _)| collection.subjects()).collect()
    };
    if app.printer.is_json() {
        let items: Vec<_> = rows
            .iter()
            .map(|(spec, model)| {
                json!({
                    "id": spec.id,
                    "kind": spec.kind.name(),
                    "about": spec.summary,
                    "dimensions": spec.dimensions,
                    "installed": model.is_some(),
                    "reads": reads(spec.id),
                    "model_name": model.map(|model| model.name.clone()),
                    "folder": model.map(|model| model.folder.clone()),
                })
            })
            .collect();
        return app.printer.json_list(&items);
    }
    let state = |installed: bool| if installed { "installed" } else { "not installed" }.to_string();
    let table = rows.iter().map(|(spec, model)| {
        let reads = reads(spec.id).join(", ");
        vec![spec.id.to_string(), spec.kind.name().to_string(), state(model.is_some()), reads, spec.summary.to_string()]
    });
    let mut table: Vec<Vec<String>> = table.collect();
    table.push(vec![
        "vader".into(),
        "sentiment".into(),
        "built in".into(),
        "entries".into(),
        "sentiment of English sentences by a lexicon".into(),
    ]);
    table.push(vec![
        EMOTIONS.into(),
        "emotions".into(),
        "built in".into(),
        "entries".into(),
        format!("emotions an English text sounds like, read from the vectors of {VECTORS_OF}"),
    ]);
    let shown = text::table(&["Model", "Kind", "State", "Reads", "About"], table, app.printer.width());
    app.printer.raw(&shown)
}
