//! Judging entries by the classifiers that are installed: what has no row of a classifier's is cut into
//! passages, looked up in the cache, or asked of the model.

use crate::analysis::drain::{Parts, Report, Status, Work};
use crate::analysis::sentiment::in_another_language;
use crate::analysis::verdict::{Verdict, check_labels};
use crate::cache::{Cache, Namespace, Put, text_hash};
use crate::error::{Error, Kind, Result};
use crate::journal::passage::units;
use crate::model::files::Classifier;
use crate::model::{InstalledModel, ModelClient, ModelRef, registry};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Word pieces of a passage, without the two special ones. The classifiers that people use were trained on
/// single sentences and comments, rarely longer than this, and say less and less of more at once.
const PASSAGE: usize = 126;

/// Texts asked for at once: a few seconds of work, so that Ctrl-C and progress are prompt.
const BATCH: usize = 8;

/// How long what was judged waits for its commit.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// Entries looked for at a time.
const PAGE: usize = 500;

/// Judgements that wait for the cache; more are written on the way, to bound memory.
const WAITING: usize = 1000;

/// What a classifier has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The name its results are filed under.
    pub model_name: String,
    /// Entries that have its judgement now and had none before.
    pub entries: u64,
    /// Texts that the model judged; equal ones are one.
    pub inferred: u64,
    /// Texts whose judgement was in the cache.
    pub from_cache: u64,
}

/// Has each classifier judge what it has not judged.
///
/// # Errors
/// Interrupted, after what was done has been kept; model unavailable when the server fails; corrupt when a
/// model cannot be run; what the store fails with.
pub(super) fn judge_all(
    parts: &mut Parts,
    report: &mut Report,
    puts: &mut Vec<Put>,
    progress: &mut dyn FnMut(&Status),
) -> Result<()> {
    if !matches!(parts.work, Work::All | Work::Classifiers) {
        return Ok(());
    }
    for model in parts.classifiers {
        let Some(classifier) = &model.classifier else { continue };
        let mut judged = Judged { model_name: model.name.clone(), ..Judged::default() };
        let outcome = judge_pending(parts, (model, classifier), &mut judged, &mut report.failed, puts, progress);
        report.classifiers.push(judged);
        match outcome {
            // One that is damaged does not keep the others from judging.
            Err(error) if parts.work == Work::All && error.kind() == Kind::Corrupt => {
                report.failed.push(format!("{} {error}", judged_by(&model.id)));
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

/// How a report of what failed begins when it is about everything that a classifier should judge.
pub fn judged_by(id: &str) -> String {
    format!("entries by {id}:")
}

/// Judges what is pending, page by page. What was judged is committed at the end of a page, and every second
/// while the model takes its time: each commit waits for the disk.
fn judge_pending(
    parts: &mut Parts,
    (model, classifier): (&InstalledModel, &Classifier),
    judged: &mut Judged,
    failed: &mut Vec<String>,
    puts: &mut Vec<Put>,
    progress: &mut dyn FnMut(&Status),
) -> Result<()> {
    let pending = parts.store.count_without_sentiment(&model.name)?;
    // An id has none of the letters that mean more to GLOB than themselves.
    let revisions = format!("{}@{}", model.id, "[0-9a-f]".repeat(8));
    let mut judge = Judge::new(model, classifier, &mut *parts.connect);
    let mut before: Option<Uuid> = None;
    let mut page_by_page = || -> Result<()> {
        loop {
            let page = parts.store.unjudged(&model.name, before, PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            before = Some(*last);
            let now = (parts.now)().timestamp().max(0).unsigned_abs();
            judged.from_cache += judge.look_up(&page, parts.cache, now);
            let (mut rows, mut since) = (Vec::new(), Instant::now());
            let outcome = page.chunks(BATCH).try_for_each(|batch| {
                if parts.interrupted.load(Ordering::Relaxed) {
                    return Err(Error::new(Kind::Interrupted, "interrupted")
                        .hint("what was done is kept; `journal analyze` goes on from here"));
                }
                let (done, at) = (judged.entries + rows.len() as u64, (parts.now)().timestamp());
                progress(&Status { step: model.id.clone(), done, total: pending.max(done), at });
                let verdicts = judge.verdicts(batch, judged, failed)?;
                rows.extend(verdicts.into_iter().map(|(entry, text, verdict)| {
                    (entry, text, verdict.sentiment((parts.new_id)((parts.now)()), &model.name))
                }));
                if since.elapsed() >= COMMIT_EVERY {
                    let done = std::mem::take(&mut rows);
                    judged.entries += parts.store.save_judgements(&done, &revisions)? as u64;
                    since = Instant::now();
                }
                Ok(())
            });
            judged.entries += parts.store.save_judgements(&rows, &revisions)? as u64;
            outcome?;
            if judge.waiting.len() >= WAITING {
                let _ = parts.cache.put_many(&judge.waiting_puts(), now);
            }
        }
    };
    let outcome = page_by_page();
    puts.extend(judge.waiting_puts());
    outcome
}

/// A classifier that can be asked.
struct Judge<'a> {
    connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    /// The connection, once there is one: what the cache knows needs no server.
    client: Option<ModelClient>,
    model: &'a InstalledModel,
    reference: ModelRef,
    classifier: &'a Classifier,
    english: bool,
    /// What the cache had, by hash.
    kept: BTreeMap<String, Verdict>,
    /// What the cache is to keep, by hash.
    waiting: BTreeMap<String, Verdict>,
}

/// An entry, the text that was judged, and the judgement.
type Row = (Uuid, String, Verdict);

impl<'a> Judge<'a> {
    fn new(
        model: &'a InstalledModel,
        classifier: &'a Classifier,
        connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    ) -> Judge<'a> {
        let english = registry::find(&model.id).is_ok_and(|spec| spec.english);
        let (reference, kept, waiting) = (model.reference(), BTreeMap::new(), BTreeMap::new());
        Judge { connect, client: None, model, reference, classifier, english, kept, waiting }
    }

    fn waiting_puts(&mut self) -> Vec<Put> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.iter().filter_map(|(hash, verdict)| Put::json(Namespace::ModelsSentiment, hash, verdict)).collect()
    }

    /// Takes what the cache has of these texts, all at once, for each look opens the file. Gives how many texts it
    /// had.
    fn look_up(&mut self, page: &[(Uuid, String)], cache: &Cache, now: u64) -> u64 {
        let hashes: BTreeSet<String> = page.iter().map(|(_, text)| text_hash(&self.model.name, text)).collect();
        let wanted: Vec<String> = hashes.into_iter().filter(|hash| !self.waiting.contains_key(hash)).collect();
        let found = cache.get_many(Namespace::ModelsSentiment, &wanted, now);
        let found = wanted.into_iter().zip(found);
        let sound = |value: Vec<u8>| serde_json::from_slice(&value).ok().filter(Verdict::is_sound);
        self.kept = found.filter_map(|(hash, value)| Some((hash, sound(value?)?))).collect();
        self.kept.len() as u64
    }

    /// A judgement of each entry, except of those that the model cannot take, which are named in `failed`.
    fn verdicts(
        &mut self,
        batch: &[(Uuid, String)],
        judged: &mut Judged,
        failed: &mut Vec<String>,
    ) -> Result<Vec<Row>> {
        let hashes: Vec<String> = batch.iter().map(|(_, text)| text_hash(&self.model.name, text)).collect();
        let mut known: BTreeMap<&str, Verdict> = BTreeMap::new();
        let mut asked: Vec<(&str, &str)> = Vec::new();
        for ((_, text), hash) in batch.iter().zip(&hashes) {
            if known.contains_key(hash.as_str()) || asked.iter().any(|(other, _)| other == hash) {
                continue;
            }
            if self.english && in_another_language(text) {
                known.insert(hash, Verdict::none());
            } else if let Some(verdict) = self.waiting.get(hash).or_else(|| self.kept.get(hash)) {
                known.insert(hash, verdict.clone());
            } else {
                asked.push((hash, text));
            }
        }
        let mut answers = |this: &mut Self, asked: &[(&'_ str, &'_ str)]| -> Result<Vec<Verdict>> {
            let texts: Vec<&str> = asked.iter().map(|(_, text)| *text).collect();
            let verdicts = this.ask(&texts)?;
            judged.inferred += verdicts.len() as u64;
            for ((hash, _), verdict) in asked.iter().zip(&verdicts) {
                this.waiting.insert(hash.to_string(), verdict.clone());
            }
            Ok(verdicts)
        };
        match answers(self, &asked) {
            Ok(verdicts) => known.extend(asked.iter().map(|(hash, _)| *hash).zip(verdicts)),
            // A server or a model that cannot be had fails everything; a text that the model cannot take
            // fails alone.
            Err(error) if is_of_the_model(&error) => return Err(error),
            Err(_) => {
                for one in &asked {
                    match answers(self, std::slice::from_ref(one)) {
                        Ok(mut verdicts) => drop(verdicts.pop().map(|verdict| known.insert(one.0, verdict))),
                        Err(error) if is_of_the_model(&error) => return Err(error),
                        Err(error) => failed.extend(
                            batch
                                .iter()
                                .filter(|(_, text)| text == one.1)
                                .map(|(id, _)| format!("{id} by {}: {error}", self.model.id)),
                        ),
                    }
                }
            }
        }
        let rows = batch.iter().zip(&hashes).filter_map(|((entry, text), hash)| {
            let verdict = known.get(hash.as_str())?.clone();
            Some((*entry, text.clone(), verdict))
        });
        Ok(rows.collect())
    }

    /// What the model says of each text.
    fn ask(&mut self, texts: &[&str]) -> Result<Vec<Verdict>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let passages = self.cut(texts)?;
        let parts: Vec<String> = texts
            .iter()
            .zip(&passages)
            .flat_map(|(text, passages)| passages.iter().map(|passage| text[passage.clone()].to_string()))
            .collect();
        let reference = self.reference.clone();
        let answer = self.client()?.classify(&reference, &parts)?;
        check_labels(&self.classifier.labels, &answer.labels, &self.model.id)?;
        let mut scores = answer.scores.into_iter();
        let verdict = |passages: &Vec<Range<usize>>| {
            let scored: Vec<_> = passages.iter().map(Range::len).zip(scores.by_ref()).collect();
            Verdict::of(&self.classifier.labels, self.classifier.apart, &scored)
        };
        Ok(passages.iter().map(verdict).collect())
    }

    /// Cuts each text into passages of whole sentences that the model reads at once. They do not overlap: a
    /// sentence would count twice.
    fn cut(&mut self, texts: &[&str]) -> Result<Vec<Vec<Range<usize>>>> {
        let window = self.model.max_pieces.saturating_sub(2).clamp(1, PASSAGE);
        // A piece has at least one byte: what has no more bytes fits for sure and need not be counted.
        let cut: Vec<Vec<Range<usize>>> = texts
            .iter()
            .map(|text| if text.len() <= window { vec![0..text.len()] } else { units(text, window) })
            .collect();
        let asked: Vec<String> = texts
            .iter()
            .zip(&cut)
            .filter(|(text, _)| text.len() > window)
            .flat_map(|(text, units)| units.iter().map(|unit| text[unit.clone()].to_string()))
            .collect();
        let reference = self.reference.clone();
        let counts = if asked.is_empty() { Vec::new() } else { self.client()?.count(&reference, &asked)? };
        let mut counts = counts.into_iter();
        let group = |(text, units): (&&str, Vec<Range<usize>>)| {
            if text.len() <= window {
                return units;
            }
            let counted: Vec<(Range<usize>, usize)> = units.into_iter().zip(counts.by_ref()).collect();
            grouped(text, counted, window)
        };
        Ok(texts.iter().zip(cut).map(group).collect())
    }

    fn client(&mut self) -> Result<&mut ModelClient> {
        match &mut self.client {
            Some(client) => Ok(client),
            none => Ok(none.insert((self.connect)()?)),
        }
    }
}

/// Whether it is the model, or its server, that cannot do this, and not the text.
fn is_of_the_model(error: &Error) -> bool {
    matches!(error.kind(), Kind::ModelUnavailable | Kind::Corrupt | Kind::NotFound)
}

/// Sentences with their word pieces, put together to passages of at most `window` pieces.
fn grouped(text: &str, units: Vec<(Range<usize>, usize)>, window: usize) -> Vec<Range<usize>> {
    let mut small: Vec<(Range<usize>, usize)> = Vec::new();
    for (unit, pieces) in units {
        if pieces <= window {
            small.push((unit, pieces));
            continue;
        }
        // A character can be several pieces, up to one for each of its four bytes.
        let parts = crate::journal::passage::units(&text[unit.clone()], (window / 4).max(1));
        small.extend(parts.into_iter().map(|part| (unit.start + part.start..unit.start + part.end, part.len())));
    }
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut total = 0;
    for (unit, pieces) in small {
        match groups.last_mut() {
            Some(group) if total + pieces <= window => {
                group.end = unit.end;
                total += pieces;
            }
            _ => {
                groups.push(unit);
                total = pieces;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_go_together_until_the_window_is_full() {
        let text = "One two. Three four. Five.";
        let units = vec![(0..9, 3), (9..21, 3), (21..26, 2)];
        assert_eq!(grouped(text, units.clone(), 6), vec![0..21, 21..26]);
        assert_eq!(grouped(text, units.clone(), 8), vec![0..26]);
        assert_eq!(grouped(text, units, 3), vec![0..9, 9..21, 21..26]);
    }

    #[test]
    fn a_model_of_one_language_says_nothing_about_another() {
        let classifier = Classifier { labels: vec!["a".into(), "b".into()], apart: false, max_pieces: 512 };
        let model = |id: &str| InstalledModel {
            id: id.into(),
            name: format!("{id}@01234567"),
            kind: registry::ModelKind::Classifier,
            revision: String::new(),
            dimensions: 2,
            max_pieces: 512,
            classifier: Some(classifier.clone()),
            weights_sha256: String::new(),
            folder: "/nosuch".into(),
            bytes: 0,
        };
        let german = "Der Zug fuhr um acht, und alles war gut. Danach sind wir noch lange am Fluss entlang gegangen, \
            bis es dunkel wurde und die Laternen angingen. Zu Hause gab es Suppe, und keiner wollte schlafen gehen.";
        let entry = Uuid::nil();
        for (id, is_asked) in [("distilbert-sst2", false), ("roberta-go-emotions", false), ("mine", true)] {
            let model = model(id);
            let mut asked = false;
            let mut connect = || {
                asked = true;
                Err(Error::new(Kind::ModelUnavailable, "nobody"))
            };
            let mut judge = Judge::new(&model, &classifier, &mut connect);
            let batch = [(entry, german.to_string())];
            let rows = judge.verdicts(&batch, &mut Judged::default(), &mut Vec::new());
            assert_eq!(
                (rows.ok(), asked),
                match is_asked {
                    false => (Some(vec![(entry, german.to_string(), Verdict::none())]), false),
                    true => (None, true),
                }
            );
        }
    }

    proptest! {
        #[test]
        fn passages_cover_the_text_once_and_fit_the_window(text in "(\\PC{0,12}[. \n]?){0,60}", window in 4usize..40) {
            // As a model counts that has a piece for each byte.
            let counted: Vec<_> =
                units(&text, window).into_iter().map(|unit| (unit.clone(), text[unit].len())).collect();
            let groups = grouped(&text, counted, window);
            let mut reached = 0;
            for group in &groups {
                prop_assert!(text[group.clone()].len() <= window);
                prop_assert_eq!(group.start, reached);
                reached = group.end;
            }
            prop_assert_eq!(reached, text.len());
        }
    }
}
