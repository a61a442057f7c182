use super::bare;
use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::trigram::{THRESHOLD, trigrams};
use crate::output::json::TopicHitJson;
use crate::output::topics;

/// Find topics whose names are like a text: misspelt, in part, or in another form
///
/// Names are compared by the groups of three letters they share, word by word and without regard to
/// case, as PostgreSQL's pg_trgm does: 1 is the same words, 0 is nothing in common.
#[derive(Debug, clap::Args)]
pub(super) struct FindArgs {
    /// The text
    text: String,
    /// How alike a name must be, at least: above 0, up to 1
    #[arg(long, value_name = "SHARE", default_value_t = THRESHOLD, allow_negative_numbers = true)]
    threshold: f32,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

pub(super) fn run(args: &FindArgs, app: &mut App) -> Result<()> {
    // Written so that it refuses what is no number too.
    if !(args.threshold > 0.0 && args.threshold <= 1.0) {
        return Err(Error::usage(format!("--threshold {} is not above 0 and up to 1", args.threshold))
            .hint("0.3 is the usual one; smaller finds more"));
    }
    let user = app.user()?;
    let text = bare(&args.text);
    let found = app.store()?.similar_topics(user, &text, args.threshold, args.limit)?;
    if let Some(reason) = &found.scanned {
        app.printer.note(&format!("Every name was read: the index of names could not be used ({reason})."));
    }
    if app.printer.is_json() {
        let items: Vec<TopicHitJson> = found.hits.iter().map(TopicHitJson::from).collect();
        return app.printer.json_list(&items);
    }
    if found.hits.is_empty() {
        app.printer.note(&match trigrams(&text).is_empty() {
            true => {
                format!("'{text}' has no letter or digit that a name could share. `journal topics` lists the names.")
            }
            false => {
                "No topic is like this. `journal topics` lists the names; a smaller --threshold finds more.".into()
            }
        });
        return Ok(());
    }
    let shown = topics::hits(&found.hits, app.printer.width());
    app.printer.page(&shown)
}
