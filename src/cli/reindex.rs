use super::progress;
use crate::app::App;
use crate::cache::Namespace;
use crate::error::Result;
use crate::follow;
use crate::index::vector::{Collection, LockPolicy, VectorIndex};
use crate::journal::passage::kept_as;
use clap::ValueEnum;
use serde_json::json;

/// Build projections anew from the journal
///
/// Nothing here is needed in everyday use: a projection that is missing, behind or damaged is noticed
/// and healed by the next command that reads it.
#[derive(Debug, clap::Args)]
pub(super) struct ReindexArgs {
    /// What to build anew [default: text, vectors, topics, statistics and cache]
    #[arg(value_enum)]
    what: Vec<WhatArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhatArg {
    /// The text index
    Text,
    /// The vector snapshots, from the stored vectors
    Vectors,
    /// The stored vectors themselves: all of them are computed again
    Embeddings,
    /// The index of topic names
    Topics,
    /// The statistics of days
    Statistics,
    /// The cache: it starts empty
    Cache,
}

pub(super) fn run(args: &ReindexArgs, app: &mut App) -> Result<()> {
    let what = match &args.what[..] {
        [] => vec![WhatArg::Text, WhatArg::Vectors, WhatArg::Topics, WhatArg::Statistics, WhatArg::Cache],
        some => some.to_vec(),
    };
    app.store()?;
    let interrupted = app.interrupted()?;
    let stop = || super::analyze::stop_if(&interrupted);
    let mut done = Vec::new();
    if what.contains(&WhatArg::Cache) {
        let _ = app.cache().clear();
        done.push(json!({"part": "cache"}));
    }
    if what.contains(&WhatArg::Text) {
        let bar = progress::bar(app, "text index", 0);
        let report = follow::rebuild_text(&app.paths.data, &app.text_index(), &mut |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            stop()
        });
        bar.finish_and_clear();
        done.push(json!({"part": "text", "entries": report?.applied}));
    }
    if what.contains(&WhatArg::Topics) {
        let names = app.store()?.rebuild_topic_index()?;
        done.push(json!({"part": "topics", "names": names}));
    }
    if what.contains(&WhatArg::Statistics) {
        done.push(json!({"part": "statistics", "days": app.store()?.rebuild_statistics()?}));
    }
    if what.contains(&WhatArg::Embeddings) {
        // Texts that nothing could read again keep the vectors they have.
        let model = app.model(Collection::User)?;
        let readers = app.readers()?;
        let read = readers.iter().filter(|(_, model)| model.is_ok()).map(|(collection, _)| collection.name());
        app.store()?.forget_vectors(&read.collect::<Vec<_>>())?;
        let _ = app.cache().clear_namespaces(&[Namespace::ModelsEmbeddings]);
        let report = super::analyze::drain_now(app)?;
        let topics = readers.iter().find(|(collection, _)| *collection == Collection::Topic);
        let topics = topics.and_then(|(_, model)| Some(model.as_ref().ok()?.name.clone()));
        done.push(json!({
            "part": "embeddings",
            "model_name": model.name,
            "topic_model_name": topics,
            "texts": report.analysed,
        }));
    }
    if what.contains(&WhatArg::Vectors) {
        for (collection, model) in app.readers()? {
            let Ok(model) = model else { continue };
            let index = VectorIndex::new(app.paths.vector_index(), collection, kept_as(&model.name), model.dimensions);
            let bar = progress::bar(app, "vector index", 0);
            let report =
                follow::compact_vectors(&app.paths.data, &index, LockPolicy::Wait, true, &mut |done, total| {
                    bar.set_length(total);
                    bar.set_position(done);
                    stop()
                });
            bar.finish_and_clear();
            done.push(json!({"part": collection.name(), "vectors": report?.live}));
        }
    }
    if app.printer.is_json() {
        return app.printer.json(&json!({"rebuilt": done}));
    }
    for part in &done {
        let count = ["entries", "names", "days", "texts", "vectors"]
            .iter()
            .find_map(|unit| Some(format!(": {} {unit}", part.get(unit)?)));
        app.printer.line(&format!("{}{}", part["part"].as_str().unwrap_or_default(), count.unwrap_or_default()))?;
    }
    Ok(())
}
