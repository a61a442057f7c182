//! What is computed of a whole journal and kept in the cache, as a deployment keeps it in its Redis:
//! `api:analytics` (the document of `stats --json`) and `api:user_data` (the profile).
//!
//! Each value bears the position of the change log it was made from, and is given only while the log
//! stands there: whoever wrote since, by whatever program, and whichever copy was put back, nothing
//! stale is shown. So no command that writes has to open the cache; the analysis, which opens it
//! anyway, makes the values anew and removes what is not valid any more.

use super::stats;
use crate::analysis::drain::Kept;
use crate::app::{AGENT, App};
use crate::cache::{Cache, Namespace, Put};
use crate::error::Result;
use crate::journal::log::Position;
use crate::store::{Account, Store};
use chrono::NaiveDate;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a value is made from: the journal as it stands, the day, which decides whether a streak is
/// current, and the program. `None` when that cannot be told, for the log is empty.
pub(super) fn stamp(store: &Store, today: NaiveDate) -> Result<Option<String>> {
    let position = store.log_head()?;
    Ok((position != Position::START).then(|| format!("{}.{} {today} {AGENT}", position.seq, position.nonce)))
}

/// The document of the statistics of all entries of a user, from the cache or made now. As text: a
/// number that is read and written again may differ in its last digit.
pub(super) fn statistics(app: &mut App, user: Uuid) -> Result<String> {
    let (today, now, cache) = (app.today(), unix(app), app.cache());
    let stamp = stamp(app.store()?, today)?;
    let id = user.to_string();
    if let Some(stamp) = &stamp
        && let Some(found) = cache.get_made_from::<Box<RawValue>>(Namespace::ApiAnalytics, &id, stamp, now)
    {
        return Ok(found.get().to_string());
    }
    let since = Instant::now();
    let text = document(app.store()?, user, today)?;
    // A write to the cache waits for the disk, 5 to 20 ms: what is computed fast is left to the analysis,
    // which writes there anyway.
    if let Some(stamp) = stamp.filter(|_| since.elapsed() >= Duration::from_millis(app.config.cache_answers_ms)) {
        let _ = cache.put_many(&[analytics(&id, &text, &stamp)], now);
    }
    Ok(text)
}

/// What the cache is to keep of this user when the analysis is done: nothing new while what it has is
/// valid.
pub(super) fn kept(store: &mut Store, cache: &Cache, user: Uuid, today: NaiveDate, now: u64) -> Result<Kept> {
    // The log is looked at first: a change that comes between makes the values invalid, never wrong.
    let (id, stamp) = (user.to_string(), stamp(store, today)?);
    let is_valid = |namespace| cache.entry(namespace, &id, now).is_some_and(|entry| entry.stamp == stamp);
    if Namespace::WRITTEN_THROUGH.into_iter().all(is_valid) {
        return Ok(Kept::default());
    }
    let mut puts = Vec::new();
    if let Some(stamp) = stamp {
        puts.push(analytics(&id, &document(store, user, today)?, &stamp));
        puts.push(user_data(&store.account(user)?, &stamp));
    }
    Ok((invalid(user), puts))
}

/// Keeps the profile of a user that was just changed, and removes what else is kept about them.
pub(super) fn write_through(app: &mut App, user: Uuid) {
    let (today, now, cache) = (app.today(), unix(app), app.cache());
    let put = app.store().and_then(|store| {
        let stamp = stamp(store, today)?;
        let account = store.account(user)?;
        Ok(stamp.map(|stamp| user_data(&account, &stamp)))
    });
    let puts: Vec<Put> = put.ok().flatten().into_iter().collect();
    let invalid = invalid(user);
    let invalid: Vec<(Namespace, &str)> = invalid.iter().map(|(namespace, id)| (*namespace, id.as_str())).collect();
    let _ = cache.change(&invalid, &puts, now);
}

/// What is not valid any more when the data of a user changed.
fn invalid(user: Uuid) -> Vec<(Namespace, String)> {
    Namespace::OF_A_USER.map(|namespace| (namespace, user.to_string())).into()
}

fn document(store: &mut Store, user: Uuid, today: NaiveDate) -> Result<String> {
    Ok(format!("{:#}", stats::document(store, user, today)?))
}

fn analytics(id: &str, text: &str, stamp: &str) -> Put {
    Put::bytes(Namespace::ApiAnalytics, id, text.into()).made_from(stamp)
}

/// The profile alone, as the column has it: that is what a deployment keeps.
fn user_data(account: &Account, stamp: &str) -> Put {
    let profile = account.profile.clone().unwrap_or_else(|| "null".into());
    Put::bytes(Namespace::ApiUserData, &account.id.to_string(), profile.into()).made_from(stamp)
}

fn unix(app: &App) -> u64 {
    app.now().timestamp().max(0).unsigned_abs()
}
