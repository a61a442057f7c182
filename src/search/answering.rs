//! Which model answers a question about entries. Vectors of two models cannot be compared; so one model
//! answers at a time, and while a change of the model is under way that is the one which has read more.

use super::{Parts, no_model};
use crate::error::Result;
use crate::follow::VECTORS;
use crate::index::vector::Collection;
use crate::journal::passage::{kept_as, model_of};
use crate::model::InstalledModel;
use crate::store::{Snapshot, Store};

/// The model that answers, and the state of the journal in which it was chosen. Whoever asks again for
/// the same answer asks this one, so that a change that ends in between mixes nothing.
pub struct Answering {
    /// The state of the journal.
    pub snapshot: Snapshot,
    /// The name its passages are kept under.
    pub kept: String,
    /// Numbers in each vector.
    pub dimensions: usize,
    /// What computes the vector of a question; absent when it is not installed any more.
    pub model: Option<InstalledModel>,
    /// Why not the model that reads entries, or what is missing of it.
    pub reason: Option<String>,
    /// Whether it answers until another has read everything.
    pub leaving: bool,
}

/// What is compared with the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// A text, which the model must be there to read.
    Text,
    /// Vectors that are stored.
    Stored,
}

/// Chooses the model that answers.
///
/// The model that reads entries does when it has read all that any other has, or more than any other.
/// Until then the other does, if what is compared needs no model or the other is still installed.
///
/// # Errors
/// Model unavailable when there is none.
pub fn answering(parts: &Parts, compared: Compared) -> Result<Answering> {
    let snapshot = Store::snapshot(parts.data, VECTORS)?;
    let entries = Collection::User.name();
    let wanted = parts.model.map(|model| kept_as(&model.name));
    let mut others = Vec::new();
    for name in snapshot.passage_names(entries)? {
        if Some(&name) != wanted.as_ref() {
            others.push((snapshot.analysed(entries, &name)?, name));
        }
    }
    others.sort_unstable_by(|a, b| b.cmp(a));
    // Counted only where there is something to compare with: it is a walk over all passages.
    let read = match &wanted {
        Some(wanted) if !others.is_empty() => snapshot.analysed(entries, wanted)?,
        _ => 0,
    };
    let mut reason = None;
    for (count, kept) in others {
        let outdone = match &wanted {
            Some(wanted) => count < read || snapshot.covers(entries, wanted, &kept)?,
            None => false,
        };
        if outdone {
            break;
        }
        let model = (parts.installed)().into_iter().find(|model| model.name == model_of(&kept));
        let Some(dimensions) = snapshot.dimensions(entries, &kept)? else { continue };
        if model.is_none() && compared == Compared::Text {
            reason.get_or_insert(format!("{kept} has read more, but is not installed any more"));
            continue;
        }
        let reason = Some(match &wanted {
            Some(wanted) => {
                format!(
                    "{kept} answers until {wanted} has read all entries ({read} of {} so far)",
                    snapshot.entry_count()?
                )
            }
            None => format!("{kept} answers: the model that reads entries is not installed"),
        });
        return Ok(Answering { snapshot, kept, dimensions, model, reason, leaving: true });
    }
    let (Some(model), Some(kept)) = (parts.model, wanted) else { return Err(no_model()) };
    let dimensions = model.dimensions;
    Ok(Answering { snapshot, kept, dimensions, model: Some(model.clone()), reason, leaving: false })
}
