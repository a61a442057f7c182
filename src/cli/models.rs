use super::progress;
use crate::analysis::emotions::{EMOTIONS, VECTORS_OF};
use crate::analysis::sentiment::VADER;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::model::registry::{self, DEFAULT_EMBEDDING_MODEL, MODELS, ModelSpec};
use crate::model::{InstalledModel, hub, install};
use crate::output::text;
use serde_json::json;
use std::path::PathBuf;

/// List, install, verify or remove models
///
/// A model gives texts their meaning, or judges them. It is files on this machine; nothing you write ever
/// leaves it.
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
    ///
    /// Besides the models of `journal models list`, any classifier can be installed under a name of your own,
    /// whatever its labels are about, if it is a DistilBERT or RoBERTa for sequence classification: a folder
    /// with config.json, model.safetensors and the words of its tokenizer. Its files are looked through before
    /// anything is copied; none of them is a program. `journal analyze --model NAME` then judges every entry.
    #[command(after_help = "Examples:
  journal models install distilbert-sst2
  journal models install --from ~/Downloads/my-model --name stars
  journal models install --hub OWNER/REPOSITORY --revision COMMIT --sha256 HEX --name stars")]
    Install(InstallArgs),
    /// Read every file and compare it with what was installed
    Verify {
        /// The model
        #[arg(default_value = DEFAULT_EMBEDDING_MODEL)]
        id: String,
    },
    /// Remove a model's files; vectors stay until another model replaces them, and judgements stay
    Remove {
        /// The model
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct InstallArgs {
    /// The model [default: all-MiniLM-L6-v2]
    #[arg(conflicts_with = "name")]
    id: Option<String>,
    /// A folder with the model's files, or a .zip, .whl, .tar or .tar.gz that contains it
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// What to call a classifier that is not in the list; with --from or --hub
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Fetch the classifier from this repository of the hub
    #[arg(long, value_name = "OWNER/REPOSITORY", requires = "name", requires = "revision", conflicts_with = "from")]
    hub: Option<String>,
    /// The commit to fetch, 40 hexadecimal digits: what a branch means changes
    #[arg(long, value_name = "COMMIT", requires = "hub")]
    revision: Option<String>,
    /// The SHA-256 that model.safetensors must have; without it the hub is believed
    #[arg(long, value_name = "HEX", requires = "hub")]
    sha256: Option<String>,
}

pub(super) fn run(args: ModelsArgs, app: &mut App) -> Result<u8> {
    let folders = app.model_folders();
    match args.verb {
        ModelsVerb::List => list(app).map(|()| 0),
        ModelsVerb::Install(args) => install_model(&args, app).map(|()| 0),
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

fn install_model(args: &InstallArgs, app: &mut App) -> Result<()> {
    let folders = app.model_folders();
    if let Some(name) = args.name.as_deref().filter(|name| [VADER, EMOTIONS].contains(name)) {
        return Err(Error::usage(format!("a model cannot be called {name:?}: that one is built in")));
    }
    let id = args.id.as_deref().unwrap_or(DEFAULT_EMBEDDING_MODEL);
    let installed = match (&args.name, &args.from, &args.hub) {
        (Some(name), Some(path), _) => install::install_classifier(name, path, &folders)?,
        (None, Some(path), _) => install::install_from(id, path, &folders)?,
        (Some(_), None, None) => {
            return Err(Error::usage("--name says what to call a classifier, and nothing says where it is").hint(
                "--from PATH takes a folder or an archive, --hub OWNER/REPOSITORY --revision COMMIT fetches it",
            ));
        }
        (name, None, hub) => {
            let address = hub_address()?;
            let bar = progress::bar(app, "download", 0);
            let mut say = |progress: hub::Progress<'_>| {
                bar.set_length(progress.total.unwrap_or(0));
                bar.set_position(progress.done);
            };
            let outcome = match (name, hub) {
                (Some(name), Some(repository)) => {
                    let revision = args.revision.as_deref().unwrap_or_default();
                    let published = hub::Published { repository, revision, sha256: args.sha256.as_deref() };
                    hub::install_published(name, published, &address, &folders, &mut say)
                }
                _ => hub::install_from_hub(id, &address, &folders, &mut say),
            };
            bar.finish_and_clear();
            outcome?
        }
    };
    app.wake_analysis();
    if app.printer.is_json() {
        return app.printer.json(&json!({
            "id": installed.id,
            "model_name": installed.name,
            "folder": installed.folder,
            "bytes": installed.bytes,
            "labels": installed.classifier.as_ref().map(|classifier| &classifier.labels),
            "sha256": installed.weights_sha256,
        }));
    }
    app.printer.note(&format!("Installed {} in {}.", installed.name, installed.folder.display()));
    if args.hub.is_some() && args.sha256.is_none() {
        app.printer
            .note(&format!("Its weights were taken as the hub sent them: --sha256 {}", installed.weights_sha256));
    }
    if let Some(classifier) = &installed.classifier {
        let id = &installed.id;
        app.printer.note(&format!("It tells {}.", enumerated(&classifier.labels)));
        if !app.config.classifiers.contains(id) {
            app.printer.note(&format!(
                "`journal analyze --model {id}` judges every entry; `journal config set classifiers {id}` does so \
                 after every change."
            ));
        }
    }
    Ok(())
}

/// The first labels, and how many more there are.
fn enumerated(labels: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = labels.iter().take(SHOWN).map(|label| text::safe(label)).collect();
    match labels.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
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
    let known = MODELS.iter().map(|spec| (*spec, installed.iter().find(|model| model.id == spec.id)));
    let brought = installed.iter().filter(|model| registry::find(&model.id).is_err());
    let brought = brought.map(|model| (ModelSpec::brought(&model.id, "", &model.revision, &[]), Some(model)));
    let rows: Vec<(ModelSpec<'_>, Option<&InstalledModel>)> = known.chain(brought).collect();
    let labels = |spec: &ModelSpec<'_>, model: &Option<&InstalledModel>| match model.and_then(|m| m.classifier.as_ref())
    {
        Some(classifier) => Some(classifier.labels.clone()),
        None if spec.labels.is_empty() => None,
        None => Some(spec.labels.iter().map(|label| label.to_string()).collect()),
    };
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
                    "dimensions": model.map_or(spec.dimensions, |model| model.dimensions),
                    "labels": labels(spec, model),
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
        let about = match labels(spec, model).filter(|_| registry::find(spec.id).is_err()) {
            Some(labels) => enumerated(&labels),
            None => spec.summary.to_string(),
        };
        vec![spec.id.to_string(), spec.kind.name().to_string(), state(model.is_some()), reads, about]
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
