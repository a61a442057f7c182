//! From texts to passage vectors: cut to the model's window, looked up, or asked of the model.

use crate::cache::{Cache, Put, text_hash};
use crate::error::{Kind, Result};
use crate::journal::passage::{pack, units};
use crate::model::{InstalledModel, ModelClient, ModelRef};
use crate::store::{PassageVector, PendingText, Store, StoredPassage};
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// Where the vectors of passages came from. Equal passages of one batch are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sources {
    /// The model made them.
    pub inferred: u64,
    /// The cache had them.
    pub from_cache: u64,
    /// The journal had them.
    pub from_store: u64,
}

/// A model that can be asked.
pub struct Embedder<'a> {
    /// Connects to the model server, starting it when nobody listens. Called when it is first needed:
    /// what is known already needs no server.
    pub connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    /// The connection, once there is one.
    pub client: Option<ModelClient>,
    /// Where vectors came from so far.
    pub sources: Sources,
    /// The model.
    pub model: &'a ModelRef,
    /// Word pieces of a passage: the model's window without its two special pieces.
    pub window: usize,
    /// Length of a vector.
    pub dimensions: usize,
}

/// Subjects whose texts the model cannot take, and why.
pub type Failed = Vec<(Uuid, String)>;

impl<'a> Embedder<'a> {
    /// A model that is asked when it is first needed.
    pub fn new(
        connect: &'a mut dyn FnMut() -> Result<ModelClient>,
        reference: &'a ModelRef,
        model: &InstalledModel,
    ) -> Embedder<'a> {
        Embedder {
            connect,
            client: None,
            sources: Sources::default(),
            model: reference,
            window: model.max_pieces.saturating_sub(2).max(1),
            dimensions: model.dimensions,
        }
    }

    fn client(&mut self) -> Result<&mut ModelClient> {
        match &mut self.client {
            Some(client) => Ok(client),
            none => Ok(none.insert((self.connect)()?)),
        }
    }

    /// Cuts each text into passages that fit the window.
    pub fn cut(&mut self, texts: &[PendingText]) -> Result<Vec<Vec<Range<usize>>>> {
        let cut: Vec<Vec<Range<usize>>> = texts.iter().map(|text| units(&text.text, self.window)).collect();
        // A word piece is at least one character: a short text fits for sure and need not be counted.
        let counted: Vec<bool> = texts.iter().map(|text| text.text.chars().count() > self.window).collect();
        let asked: Vec<String> = texts
            .iter()
            .zip(&cut)
            .zip(&counted)
            .filter(|(_, counted)| **counted)
            .flat_map(|((text, units), _)| units.iter().map(|unit| text.text[unit.clone()].to_string()))
            .collect();
        let model = self.model;
        let counts = if asked.is_empty() { Vec::new() } else { self.client()?.count(model, &asked)? };
        let mut counts = counts.into_iter();
        Ok(cut
            .into_iter()
            .zip(&counted)
            .zip(texts)
            .map(|((units, counted), text)| {
                if !counted {
                    return std::iter::once(0..text.text.len()).collect();
                }
                let pieces: Vec<usize> = counts.by_ref().take(units.len()).collect();
                pack(&units, &pieces, self.window)
            })
            .collect())
    }

    /// As [`Embedder::embed`], with what was computed put to `puts`. A server that is gone fails everything;
    /// a text that the model cannot take fails alone.
    pub fn each(
        &mut self,
        store: &Store,
        cache: &Cache,
        now: u64,
        texts: Vec<PendingText>,
        puts: &mut Vec<Put>,
    ) -> Result<(Vec<StoredPassage>, Failed)> {
        match self.embed(store, cache, now, texts.clone()) {
            Ok((read, more)) => {
                puts.extend(more);
                Ok((read, Failed::new()))
            }
            Err(error) if error.kind() == Kind::ModelUnavailable => Err(error),
            Err(error) if texts.len() == 1 => {
                let subject = texts[0].subject;
                Ok((Vec::new(), vec![(subject, format!("{subject}: {error}"))]))
            }
            Err(_) => {
                let (mut read, mut failed) = (Vec::new(), Failed::new());
                for text in texts {
                    let (one, odd) = self.each(store, cache, now, vec![text], puts)?;
                    read.extend(one);
                    failed.extend(odd);
                }
                Ok((read, failed))
            }
        }
    }

    /// The passages of each text with their vectors. What the store or the cache has is not asked
    /// again; what was computed is returned as well, to be put into the cache.
    pub fn embed(
        &mut self,
        store: &Store,
        cache: &Cache,
        now: u64,
        texts: Vec<PendingText>,
    ) -> Result<(Vec<StoredPassage>, Vec<Put>)> {
        let cut = self.cut(&texts)?;
        let mut vectors: HashMap<String, Vec<f32>> = HashMap::new();
        let mut missing: Vec<(String, String)> = Vec::new();
        for (text, passages) in texts.iter().zip(&cut) {
            for passage in passages {
                let part = &text.text[passage.clone()];
                let hash = text_hash(&self.model.name, part);
                if vectors.contains_key(&hash) || missing.iter().any(|(known, _)| *known == hash) {
                    continue;
                }
                match store.vector_of(&self.model.name, &hash)? {
                    Some(vector) => {
                        self.sources.from_store += 1;
                        vectors.insert(hash, vector);
                    }
                    None => missing.push((hash, part.to_string())),
                }
            }
        }
        let hashes: Vec<&str> = missing.iter().map(|(hash, _)| hash.as_str()).collect();
        let cached = cache.get_vectors(&hashes, self.dimensions, now);
        let mut asked: Vec<(String, String)> = Vec::new();
        for ((hash, part), vector) in missing.into_iter().zip(cached) {
            match vector {
                Some(vector) => {
                    self.sources.from_cache += 1;
                    vectors.insert(hash, vector);
                }
                None => asked.push((hash, part)),
            }
        }
        let parts: Vec<String> = asked.iter().map(|(_, part)| part.clone()).collect();
        let model = self.model;
        let computed = if parts.is_empty() { Vec::new() } else { self.client()?.embed(model, &parts)? };
        self.sources.inferred += computed.len() as u64;
        let mut puts = Vec::new();
        for ((hash, _), vector) in asked.into_iter().zip(computed) {
            puts.push(Put::vector(&hash, &vector));
            vectors.insert(hash, vector);
        }
        let stored = texts
            .into_iter()
            .zip(cut)
            .map(|(pending, passages)| {
                let passages = passages
                    .into_iter()
                    .filter_map(|range| {
                        let text_hash = text_hash(&self.model.name, &pending.text[range.clone()]);
                        let vector = vectors.get(&text_hash)?.clone();
                        Some(PassageVector { range, text_hash, vector })
                    })
                    .collect();
                StoredPassage { pending, passages }
            })
            .collect();
        Ok((stored, puts))
    }
}
