use crate::app::App;
use crate::config::{ConfigFile, KEYS};
use crate::error::{Error, Result};
use crate::output::text;
use serde_json::{Value, json};

/// Show or change settings
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    verb: Option<ConfigVerb>,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigVerb {
    /// Show every setting, its value, and where it comes from
    List,
    /// Print one setting
    Get {
        /// Its name
        name: String,
    },
    /// Change a setting
    Set {
        /// Its name
        name: String,
        /// Its new value
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Go back to the built-in value
    Unset {
        /// Its name
        name: String,
    },
    /// Print where the file is
    Path,
    /// Open the file in the editor
    Edit,
}

pub(super) fn run(args: ConfigArgs, app: &mut App) -> Result<()> {
    let path = app.paths.config.clone();
    let mut file = ConfigFile::read(&path)?;
    match args.verb.unwrap_or(ConfigVerb::List) {
        ConfigVerb::List => {
            let mut rows = Vec::new();
            for key in &KEYS {
                rows.push((key, file.shown(key.name)?));
            }
            if app.printer.is_json() {
                let items: Vec<Value> = rows
                    .iter()
                    .map(|(key, (value, set))| json!({"name": key.name, "value": value, "origin": if *set { "file" } else { "default" }, "about": key.about}))
                    .collect();
                return app.printer.json_list(&items);
            }
            let rows = rows
                .into_iter()
                .map(|(key, (value, set))| {
                    vec![key.name.to_string(), value, if set { "file" } else { "" }.into(), key.about.to_string()]
                })
                .collect();
            let table = text::table(&["Setting", "Value", "From", "About"], rows, app.printer.width());
            app.printer.raw(&table)
        }
        ConfigVerb::Get { name } => {
            let (value, _) = file.shown(&name)?;
            if app.printer.is_json() { app.printer.json(&json!({name: value})) } else { app.printer.line(&value) }
        }
        ConfigVerb::Set { name, value } => {
            file.set(&name, Some(&value))?;
            file.write(&path)?;
            read_anew(app, &name);
            said(app, &file, &name)
        }
        ConfigVerb::Unset { name } => {
            file.set(&name, None)?;
            file.write(&path)?;
            read_anew(app, &name);
            said(app, &file, &name)
        }
        ConfigVerb::Path if app.printer.is_json() => app.printer.json(&json!({"path": path})),
        ConfigVerb::Path => app.printer.line(&path.display().to_string()),
        ConfigVerb::Edit => {
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            let Some((draft, text)) = super::draft::Draft::edit(
                app,
                None,
                &before,
                &format!("cat > {}", shell_words::quote(&path.display().to_string())),
            )?
            else {
                super::draft::nothing_saved(app);
                return Ok(());
            };
            let edited = crate::publish::publish(&path, format!("{text}\n").as_bytes());
            match edited.and_then(|()| ConfigFile::read(&path)?.resolve()) {
                Ok(_) => {
                    draft.saved(app, None);
                    Ok(())
                }
                Err(error) => {
                    crate::publish::publish(&path, before.as_bytes())?;
                    Err(draft.unsaved(
                        app,
                        Error::usage(format!("the settings were left as they were: {}", error.message())),
                    ))
                }
            }
        }
    }
}

/// Another model is to read texts: it begins in the background, if there is a journal.
fn read_anew(app: &App, name: &str) {
    if ["model", "entry_model", "topic_model"].contains(&name) && app.paths.data.is_dir() {
        app.wake_analysis();
    }
}

/// What a setting is now.
fn said(app: &mut App, file: &ConfigFile, name: &str) -> Result<()> {
    let (value, _) = file.shown(name)?;
    if app.printer.is_json() {
        return app.printer.json(&json!({name: value}));
    }
    app.printer.note(&format!("{name} = {value}"));
    Ok(())
}
