//! The HNSW graph: the only file that names the engine.
//!
//! The engine trusts the bytes it is given: a flipped byte in an image ends the process. So an
//! image reaches it only after its checksum has been compared, and never by a path.

use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use crate::error::{Error, Kind, Result};

/// Neighbours per node.
const CONNECTIVITY: usize = 16;
/// Candidates kept while a vector is added.
const EXPANSION_ADD: usize = 128;
/// Candidates kept while searching, when no more are wanted than this.
const EXPANSION_SEARCH: usize = 128;

/// A graph of 16-bit vectors under cosine distance, in memory or over a borrowed image.
pub(super) struct Graph {
    index: Index,
}

impl Graph {
    /// An empty graph with room for so many vectors, added by at most so many threads at once.
    pub(super) fn with_capacity(dims: usize, capacity: usize, threads: usize) -> Result<Graph> {
        let graph = Graph { index: Index::new(&options(dims)).map_err(engine)? };
        graph.reserve(capacity, threads)?;
        Ok(graph)
    }

    /// A graph of its own from an image, which can then be changed after [`Graph::reserve`].
    pub(super) fn load(dims: usize, image: &[u8]) -> Result<Graph> {
        let index = Index::new(&options(dims)).map_err(engine)?;
        index.load_from_buffer(image).map_err(engine)?;
        Graph { index }.checked(dims)
    }

    /// A read-only graph over an image that stays where it is.
    ///
    /// # Safety
    ///
    /// `image` must be the bytes that [`Graph::image`] once gave, and must neither move nor change
    /// nor be freed while the graph lives.
    pub(super) unsafe fn view(dims: usize, image: &[u8]) -> Result<Graph> {
        let index = Index::new(&options(dims)).map_err(engine)?;
        // SAFETY: the caller keeps the bytes in place and unchanged for as long as the graph lives.
        unsafe { index.view_from_buffer(image) }.map_err(engine)?;
        Graph { index }.checked(dims)
    }

    /// The engine takes shape and kind from the image, whatever it was asked for.
    fn checked(self, dims: usize) -> Result<Graph> {
        let (found, kind) = (self.index.dimensions(), self.index.scalar_kind());
        let metric = self.index.metric_kind();
        if found != dims || kind != ScalarKind::F16 || metric != MetricKind::Cos {
            return Err(Error::new(
                Kind::Corrupt,
                format!("the graph holds {found} numbers of {kind:?} under {metric:?} per vector"),
            ));
        }
        Ok(self)
    }

    /// Makes room for so many vectors in all, added by at most so many threads at once.
    pub(super) fn reserve(&self, capacity: usize, threads: usize) -> Result<()> {
        self.index.reserve_capacity_and_threads(capacity, threads).map_err(engine)
    }

    /// Adds a vector under a key that is not there yet.
    pub(super) fn add(&self, key: i64, vector: &[f32]) -> Result<()> {
        self.index.add(engine_key(key)?, vector).map_err(engine)
    }

    /// Takes a key out.
    pub(super) fn remove(&self, key: i64) -> Result<()> {
        self.index.remove(engine_key(key)?).map_err(engine).map(|_| ())
    }

    /// How many keys are in the graph.
    pub(super) fn len(&self) -> usize {
        self.index.size()
    }

    /// The graph as bytes.
    pub(super) fn image(&self) -> Result<Vec<u8>> {
        let mut image = vec![0u8; self.index.serialized_length()];
        self.index.save_to_buffer(&mut image).map_err(engine)?;
        Ok(image)
    }

    /// About `count` keys nearest to the query among those allowed, nearest first. It may give
    /// fewer than there are: the graph is walked, not scanned.
    pub(super) fn nearest(
        &self,
        query: &[f32],
        count: usize,
        allowed: Option<&dyn Fn(i64) -> bool>,
    ) -> Result<Vec<i64>> {
        self.index.change_expansion_search(count.max(EXPANSION_SEARCH));
        let matches = match allowed {
            None => self.index.search(query, count),
            Some(allowed) => self.index.filtered_search(query, count, |key| i64::try_from(key).is_ok_and(allowed)),
        }
        .map_err(engine)?;
        Ok(matches.keys.into_iter().filter_map(|key| i64::try_from(key).ok()).collect())
    }
}

fn options(dims: usize) -> IndexOptions {
    IndexOptions {
        dimensions: dims,
        metric: MetricKind::Cos,
        quantization: ScalarKind::F16,
        connectivity: CONNECTIVITY,
        expansion_add: EXPANSION_ADD,
        expansion_search: EXPANSION_SEARCH,
        multi: false,
    }
}

fn engine_key(key: i64) -> Result<u64> {
    u64::try_from(key).map_err(|_| Error::new(Kind::Corrupt, format!("embedding {key}: an id cannot be negative")))
}

fn engine(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::failure(format!("the vector graph: {error}")).source(error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_other_dimensions_is_refused() {
        let graph = Graph::with_capacity(4, 2, 1).unwrap();
        graph.add(1, &[1.0, 0.0, 0.0, 0.0]).unwrap();
        let image = graph.image().unwrap();
        assert_eq!(Graph::load(4, &image).unwrap().len(), 1);
        assert!(Graph::load(8, &image).is_err());
        assert!(graph.add(-1, &[1.0, 0.0, 0.0, 0.0]).is_err());
    }

    #[test]
    fn a_removed_key_is_gone_and_its_place_is_used_again() {
        let graph = Graph::with_capacity(2, 2, 1).unwrap();
        graph.add(1, &[1.0, 0.0]).unwrap();
        graph.add(2, &[0.0, 1.0]).unwrap();
        graph.remove(1).unwrap();
        let graph = Graph::load(2, &graph.image().unwrap()).unwrap();
        assert_eq!(graph.len(), 1);
        graph.reserve(2, 1).unwrap();
        graph.add(3, &[0.6, 0.8]).unwrap();
        assert_eq!(graph.nearest(&[1.0, 0.0], 5, None).unwrap(), [3, 2]);
        assert_eq!(graph.nearest(&[1.0, 0.0], 5, Some(&|key| key != 3)).unwrap(), [2]);
    }
}
