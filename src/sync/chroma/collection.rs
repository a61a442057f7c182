//! One collection of the deployment's Chroma.

use super::Address;
use super::document::Document;
use crate::error::{Error, Result};
use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Records in one request, unless the server takes fewer.
pub(super) const BATCH: usize = 1000;

/// The metric that the architecture's similarity is of: one minus the distance is the cosine.
const SPACE: &str = "cosine";

/// A collection that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) name: String,
    /// Numbers in its vectors, once it has some.
    pub(super) dimension: Option<usize>,
    /// The model that its vectors are of, when whoever made it has said so.
    pub(super) model: Option<String>,
    space: Option<String>,
}

/// What tells whether a record has to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) vector: String,
    pub(super) content: String,
    /// Of the model and the text that the vector is of.
    pub(super) text: String,
}

impl Found {
    fn read(value: &Value) -> Option<Found> {
        let configuration = &value["configuration_json"];
        let metadata = &value["metadata"];
        let space = [&configuration["hnsw"]["space"], &configuration["spann"]["space"], &metadata["hnsw:space"]];
        let text = |value: &Value| value.as_str().map(str::to_string);
        Some(Found {
            id: text(&value["id"])?,
            name: text(&value["name"])?,
            dimension: value["dimension"].as_u64().map(|dimension| dimension as usize),
            model: text(&metadata["model_name"]),
            space: space.into_iter().find_map(text),
        })
    }

    /// Why it cannot hold the vectors of this model; nothing when it can.
    pub(super) fn misfit(&self, model: &str, dimension: usize) -> Option<String> {
        if let Some(space) = self.space.as_ref().filter(|space| *space != SPACE) {
            return Some(format!("its distance is {space}, not {SPACE}"));
        }
        if let Some(other) = self.model.as_ref().filter(|other| *other != model) {
            return Some(format!("its vectors are of {other}, not of {model}"));
        }
        let other = self.dimension.filter(|other| *other != dimension)?;
        Some(format!("its vectors have {other} numbers, not {dimension}"))
    }

    fn path(&self, address: &Address, verb: &str) -> String {
        format!("{}/collections/{}/{verb}", address.home(), self.id)
    }

    /// How many records it has.
    pub(super) fn count(&self, address: &Address) -> Result<u64> {
        let count = address.ask("GET", &self.path(address, "count"), None)?;
        Ok(count.as_u64().unwrap_or_default())
    }

    /// Those of these records that are there, with their hashes; one that others have put there has none.
    pub(super) fn hashes(&self, address: &Address, ids: &[String]) -> Result<HashMap<String, Option<Hashes>>> {
        let asked = json!({"ids": ids, "include": ["metadatas"], "limit": ids.len()});
        let answer = address.ask("POST", &self.path(address, "get"), Some(asked))?;
        let metadatas = answer["metadatas"].as_array().cloned().unwrap_or_default();
        let ids = answer["ids"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_string);
        let found = ids.iter().enumerate().filter_map(|(index, id)| {
            let metadata = metadatas.get(index).unwrap_or(&Value::Null);
            let hash = |name: &str| text(&metadata[name]);
            let hashes = || {
                Some(Hashes { vector: hash("vector_hash")?, content: hash("content_hash")?, text: hash("text_hash")? })
            };
            Some((text(id)?, hashes()))
        });
        Ok(found.collect())
    }

    /// The ids of the records whose metadata are so.
    pub(super) fn ids_where(&self, address: &Address, condition: &Value) -> Result<Vec<String>> {
        let mut ids: Vec<String> = Vec::new();
        loop {
            let asked = json!({"where": condition, "include": [], "limit": BATCH, "offset": ids.len()});
            let answer = address.ask("POST", &self.path(address, "get"), Some(asked))?;
            let page = answer["ids"].as_array().cloned().unwrap_or_default();
            let read = page.len();
            ids.extend(page.iter().filter_map(Value::as_str).map(str::to_string));
            if read < BATCH {
                return Ok(ids);
            }
        }
    }

    /// Puts records there that are not there.
    pub(super) fn add(&self, address: &Address, documents: &[&Document]) -> Result<()> {
        let vector = |document: &&Document| {
            let bytes: Vec<u8> = document.vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            BASE64.encode(&bytes)
        };
        let body = json!({
            "ids": documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(),
            "embeddings": documents.iter().map(vector).collect::<Vec<_>>(),
            "documents": documents.iter().map(|document| document.text.as_str()).collect::<Vec<_>>(),
            // Here a null is no value.
            "metadatas": documents.iter().map(|document| without_nulls(&document.metadata)).collect::<Vec<_>>(),
        });
        address.ask("POST", &self.path(address, "add"), Some(body)).map(drop)
    }

    /// Gives records that are there another text and other metadata; their vectors stay.
    pub(super) fn update(&self, address: &Address, documents: &[&Document]) -> Result<()> {
        let body = json!({
            "ids": documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(),
            "documents": documents.iter().map(|document| document.text.as_str()).collect::<Vec<_>>(),
            // Here a null takes a value away.
            "metadatas": documents.iter().map(|document| &document.metadata).collect::<Vec<_>>(),
        });
        address.ask("POST", &self.path(address, "update"), Some(body)).map(drop)
    }

    /// Takes records away.
    pub(super) fn delete(&self, address: &Address, ids: &[String]) -> Result<()> {
        for ids in ids.chunks(BATCH) {
            address.ask("POST", &self.path(address, "delete"), Some(json!({"ids": ids})))?;
        }
        Ok(())
    }

    /// Writes down which model its vectors are of.
    pub(super) fn name_model(&self, address: &Address, model: &str) -> Result<()> {
        let body = json!({"new_metadata": {"model_name": model, "hnsw:space": SPACE}});
        address.ask("PUT", &format!("{}/collections/{}", address.home(), self.id), Some(body)).map(drop)
    }
}

fn without_nulls(metadata: &Map<String, Value>) -> Map<String, Value> {
    metadata.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Address {
    /// The collections of the database.
    pub(super) fn collections(&self) -> Result<Vec<Found>> {
        let answer = self.ask("GET", &format!("{}/collections", self.home()), None)?;
        let list = answer.as_array().ok_or_else(|| Error::failure(format!("{} lists no collections", self.shown)))?;
        Ok(list.iter().filter_map(Found::read).collect())
    }

    /// Makes a collection, or gives the one that somebody else has made meanwhile.
    pub(super) fn make_collection(&self, name: &str, model: Option<&str>) -> Result<Found> {
        let mut metadata = json!({"hnsw:space": SPACE});
        if let Some(model) = model {
            metadata["model_name"] = json!(model);
        }
        let body = json!({"name": name, "get_or_create": true, "metadata": metadata,
            "configuration": {"hnsw": {"space": SPACE}}});
        let made = self.ask("POST", &format!("{}/collections", self.home()), Some(body))?;
        Found::read(&made).ok_or_else(|| Error::failure(format!("{} made no collection {name}", self.shown)))
    }

    /// Takes a collection away, with all that is in it.
    pub(super) fn drop_collection(&self, name: &str) -> Result<()> {
        match self.call("DELETE", &format!("{}/collections/{name}", self.home()), None)? {
            Err(refusal) if refusal.status != 404 => Err(self.refused(&refusal)),
            _ => Ok(()),
        }
    }

    /// How many records the server takes at once.
    pub(super) fn batch(&self) -> Result<usize> {
        let checks = self.ask("GET", "/pre-flight-checks", None)?;
        let most = checks["max_batch_size"].as_u64().map_or(BATCH, |most| most.max(1) as usize);
        Ok(most.min(BATCH))
    }
}
