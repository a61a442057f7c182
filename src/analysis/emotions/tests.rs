use super::*;
use serde_json::Value;

/// The texts of `scripts/reference-embeddings.py` with their vectors, and what `scripts/train-emotions.py`
/// says of each.
fn reference() -> Vec<(String, Vec<f32>, Vec<f64>)> {
    let parse = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
    let vectors = parse(include_str!("../../../tests/fixtures/embeddings/all-MiniLM-L6-v2.json"));
    let expected = parse(include_str!("../../../tests/fixtures/emotions/expected.json"));
    assert_eq!(vectors.len(), expected.len());
    vectors
        .into_iter()
        .zip(expected)
        .map(|(row, scores)| {
            let bytes = data_encoding::BASE64.decode(row["vector"].as_str().unwrap().as_bytes()).unwrap();
            let vector = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
            let scores = scores.as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
            (row["text"].as_str().unwrap().to_string(), vector, scores)
        })
        .collect()
}

#[test]
fn the_weights_are_whole() {
    assert_eq!(HEAD.lines().count(), LABELS.len());
    assert!(UNITS.iter().all(|(_, weights)| weights.len() == 384));
}

#[test]
fn scores_are_those_of_the_script() {
    for (text, vector, expected) in reference() {
        for (score, expected) in of_vector(&vector).scores.into_iter().zip(expected) {
            assert!((score - expected).abs() < 1e-5, "{text}: {score} is not {expected}");
        }
    }
}

#[test]
fn a_text_is_judged_by_the_mean_of_its_passages_by_length() {
    let texts = reference();
    let (one, other) = (&texts[0].1, &texts[3].1);
    let close = |left: Emotions, right: Emotions| {
        left.scores.iter().zip(right.scores).all(|(left, right)| (left - right).abs() < 1e-5)
    };
    assert!(close(of_passages([(10, one.as_slice())]), of_vector(one)));
    let mean: Vec<f32> = one.iter().zip(other).map(|(one, other)| 0.75 * one + 0.25 * other).collect();
    let length = mean.iter().map(|number| number * number).sum::<f32>().sqrt();
    let mean: Vec<f32> = mean.iter().map(|number| number / length).collect();
    let both = of_passages([(300, one.as_slice()), (100, other.as_slice())]);
    assert!(close(both, of_vector(&mean)) && !close(both, of_vector(one)));
}

#[test]
fn the_row_has_the_strongest_label_its_probability_and_all_scores() {
    let emotions = Emotions { scores: [0.1, 0.0, 0.43216, 0.2, 0.3, 0.0, 0.40001] };
    let row = emotions.sentiment(Uuid::nil(), &judge("all-MiniLM-L6-v2@02738c0d"));
    assert_eq!(
        (row.model_name.as_str(), row.label.as_str(), row.confidence),
        ("minilm-emotions-1@02738c0d", "fear", 4322)
    );
    assert!(is_ours(&row.model_name) && is_ours(EMOTIONS) && !is_ours("minilm-emotions-10@02738c0d"));
    assert_eq!(
        row.emotions.unwrap(),
        r#"{"anger":0.1,"disgust":0.0,"fear":0.4322,"joy":0.2,"neutral":0.4,"sadness":0.3,"surprise":0.0}"#
    );
}

#[test]
fn another_language_is_not_judged() {
    let vector = reference()[0].1.clone();
    let said = |text: &str| {
        let entry = EntryVectors { entry: Uuid::nil(), text: text.into(), passages: vec![(1, vector.clone())] };
        of_entry(&entry).sentiment(Uuid::nil(), EMOTIONS)
    };
    let german = "Der Zug fuhr um acht, und alles war gut. Danach sind wir noch lange am Fluss entlang gegangen, \
        bis es dunkel wurde und die Laternen angingen.";
    assert_eq!((said(german).label.as_str(), said(german).confidence), ("neutral", 0));
    assert!(said("Slept badly.").confidence > 0);
}
