//! Whole answers of commands that read much, kept in the cache under `api:response` as a deployment keeps
//! them in its Redis: cache-aside, for five minutes at most.
//!
//! An answer bears the position of the change log it was made from, and is given only while the log stands
//! there, as in [`super::analytics`]. Its key is a hash of everything else that decides what is printed: the
//! user, the command and what it was asked, the form, the terminal's width and colours, the zone. Keeping it
//! costs a write to the disk, so only what took long is kept (`cache_answers_ms`).

use super::analytics::stamp;
use crate::app::App;
use crate::cache::{Namespace, Put, text_hash};
use crate::error::Result;
use crate::output::Format;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Whose it is: for nobody else to read.
    user_id: Uuid,
    /// The command, without what it was asked.
    route: String,
    /// The JSON document it printed; the text, where it printed no document.
    response: Box<RawValue>,
}

/// What a command prints, from the cache or made now by `compute`. `asked` is what the command was asked, in any
/// words, as long as they differ where the question does.
pub(super) fn answered(
    app: &mut App,
    user: Uuid,
    route: &str,
    asked: &str,
    compute: impl FnOnce(&mut App) -> Result<String>,
) -> Result<String> {
    let (today, now, cache) = (app.today(), app.now().timestamp().max(0).unsigned_abs(), app.cache());
    let is_document = app.printer.format() == Format::Json;
    let form = format!(
        "{:?} {:?} {} {} {}",
        app.printer.format(),
        app.printer.width(),
        app.printer.is_coloured(),
        app.zone(),
        app.config.day_start
    );
    let id = text_hash(&format!("{user} {route}"), &format!("{asked}\0{form}"));
    let before = stamp(app.store()?, today)?;
    if let Some(stamp) = &before
        && let Some(kept) = cache.get_made_from::<Kept>(Namespace::ApiResponse, &id, stamp, now)
    {
        match is_document {
            true => return Ok(format!("{}\n", kept.response.get())),
            false => {
                if let Ok(text) = serde_json::from_str(kept.response.get()) {
                    return Ok(text);
                }
            }
        }
    }
    let since = Instant::now();
    let text = compute(app)?;
    if since.elapsed() >= Duration::from_millis(app.config.cache_answers_ms)
        && let Some(stamp) = before
        // Made of one state of the journal, and not of two: the older one may be put back.
        && self::stamp(app.store()?, today)?.as_ref() == Some(&stamp)
    {
        let document = if is_document { Ok(text.clone()) } else { serde_json::to_string(&text) };
        let put = document.and_then(RawValue::from_string).ok().and_then(|response| {
            let kept = Kept { user_id: user, route: route.to_string(), response };
            Put::json(Namespace::ApiResponse, &id, &kept)
        });
        let puts: Vec<Put> = put.map(|put| put.made_from(stamp)).into_iter().collect();
        let _ = cache.put_many(&puts, now);
    }
    Ok(text)
}
