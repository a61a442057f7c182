#!/usr/bin/env python3
"""Measures what the mood of an entry should be read from: VADER, the emotions head, or both.

    /some/venv/bin/python scripts/measure-mood.py MODEL_FOLDER SENTIMENT_FOLDER \
        --vectors /some/folder --journal examples/sample-journal.jsonl

The environment is that of scripts/train-emotions.py, whose encoder is used. SENTIMENT_FOLDER has
emobank.jsonl, vader-tweets.jsonl and vader-amazonReviewSnippets.jsonl, lines of {"id", "text",
"valence"}. Neither VADER nor the head was made from them, and no rule here has a number that was fitted
to them: each weight is a round one, given before it was measured.

Texts of the length of entries are made of neighbours: sentences of one document, of one review, and
tweets as they come; what is to be found is the mean of what people said of the parts. VADER reads such
a text sentence by sentence (see src/analysis/sentiment.rs), the head the mean vector of its passages.
What is printed stands in src/analysis/emotions/MODEL_CARD.md.
"""

import argparse
import importlib.util
import json
import random
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.special import expit
from scipy.stats import pearsonr, spearmanr
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

SEED = 20
HERE = Path(__file__).resolve().parent
SPEC = importlib.util.spec_from_file_location("train_emotions", HERE / "train-emotions.py")
TRAIN = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TRAIN)


def head_of(path):
    rows = {line.split()[0]: [float(part) for part in line.split()[1:]] for line in path.read_text().splitlines()}
    table = np.array([rows[label] for label in TRAIN.LABELS])
    return lambda vectors: TRAIN.pleasant(expit(vectors @ table[:, 1:].T + table[:, 0]))


def sentences(text):
    return [part for part in re.split(r"(?<=[.!?])[\"'’”)]*\s+|\n+", text) if part.strip()]


def vectors_of(parts, minilm, folder):
    """One vector for each text, given as its sentences: the mean of its passages, each by its length; and how
    many passages there are."""
    passages, owner = [], []
    for index, text in enumerate(parts):
        counts = [len(encoded.ids) - 2 for encoded in minilm.tokenizer.encode_batch(text)]
        room, current = TRAIN.MAX_PIECES - 2, []
        for sentence, count in zip(text, counts):
            if current and count > room:
                passages.append(" ".join(current))
                owner.append(index)
                room, current = TRAIN.MAX_PIECES - 2, []
            current.append(sentence)
            room -= count
        passages.append(" ".join(current))
        owner.append(index)
    vectors = TRAIN.vectors_of(passages, minilm, folder)
    means = np.zeros((len(parts), vectors.shape[1]))
    for index, passage, vector in zip(owner, passages, vectors):
        means[index] += len(passage.encode()) * vector
    return means / np.linalg.norm(means, axis=1, keepdims=True), np.bincount(owner, minlength=len(parts))


class Vader:
    def __init__(self):
        self.analyzer, self.seen = SentimentIntensityAnalyzer(), {}

    def score(self, sentence):
        if sentence not in self.seen:
            said = self.analyzer.polarity_scores(sentence.replace("’", "'").replace("\ufe0f", ""))
            self.seen[sentence] = (said["compound"], said["pos"] + said["neg"] > 0)
        return self.seen[sentence]

    def text(self, parts):
        """The mean over the sentences that have a known word, and how many there are."""
        scores = [score for score, known in map(self.score, parts) if known]
        return (float(np.mean(scores)), len(scores)) if scores else (0.0, 0)


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def sets(folder, journal):
    """Name to texts, each as its sentences with what people said of it."""
    emobank, tweets, amazon = [
        read(folder / name) for name in ("emobank.jsonl", "vader-tweets.jsonl", "vader-amazonReviewSnippets.jsonl")
    ]
    made = {}
    for name, rows in (("EmoBank", emobank), ("tweets", tweets), ("Amazon", amazon)):
        made[f"{name}, single"] = [([row["text"]], row["valence"]) for row in rows]

    def stretches(groups, length):
        return [
            ([text for text, _ in part], float(np.mean([valence for _, valence in part])))
            for group in groups
            for start in range(0, len(group) - length + 1, length)
            for part in [group[start : start + length]]
        ]

    documents, reviews = defaultdict(list), defaultdict(list)
    for row in emobank:
        found = re.match(r"(.*)_(\d+)_(\d+)$", row["id"])
        if found:
            documents[found[1]].append((int(found[2]), row["text"], row["valence"]))
    documents = [[(text, valence) for _, text, valence in sorted(part)] for part in documents.values()]
    for row in amazon:
        reviews[row["id"].split("_")[0]].append((row["text"], row["valence"]))
    for length in (5, 15, 40):
        made[f"EmoBank, {length} sentences"] = stretches(documents, length)
    made["Amazon, 5 sentences"] = stretches(list(reviews.values()), 5)
    made["Amazon, whole reviews"] = [
        ([text for text, _ in part], float(np.mean([valence for _, valence in part])))
        for part in reviews.values()
        if len(part) > 2
    ]
    random.Random(SEED).shuffle(tweets)
    for length in (3, 8):
        made[f"tweets, {length} at a time"] = stretches([[(row["text"], row["valence"]) for row in tweets]], length)
    if journal:
        english = re.compile(r"\b(the|and|to|of|was|it)\b", re.I)
        rated = [row for row in read(journal) if row.get("mood_source") == "user"]
        rated = [row for row in rated if len(english.findall(row["content"])) * 12 > len(row["content"].split())]
        made["sample journal, rated by its writer"] = [
            (sentences(" ".join(filter(None, [row.get("title"), row["content"]]))), row["mood_score"]) for row in rated
        ]
    return made


# From VADER's compound score, the number of sentences in which it knows a word, the head's valence, and
# the number of passages, to a mood.
RULES = {
    "VADER": lambda c, k, h, p: c,
    "head": lambda c, k, h, p: h,
    "mean of the two": lambda c, k, h, p: (c + h) / 2,
    "the head where VADER knows no word": lambda c, k, h, p: np.where(k > 0, c, h),
    "the same, halved": lambda c, k, h, p: np.where(k > 0, c, h / 2),
    "the head counts as one sentence": lambda c, k, h, p: (k * c + h) / (k + 1),
    "each passage counts as one sentence": lambda c, k, h, p: (k * c + p * h) / (k + p),
    "the head counts as two": lambda c, k, h, p: (k * c + 2 * h) / (k + 2),
    "the head counts as three": lambda c, k, h, p: (k * c + 3 * h) / (k + 3),
    "one sentence, halved where VADER knows no word": lambda c, k, h, p: (k * c + h) / np.maximum(k + 1, 2),
    "each standardised on the set, added": lambda c, k, h, p: c / c.std() + h / h.std(),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("sentiment", type=Path)
    arguments.add_argument("--vectors", type=Path)
    arguments.add_argument("--journal", type=Path)
    args = arguments.parse_args()
    minilm, vader = TRAIN.MiniLM(args.model), Vader()
    head = head_of(HERE.parent / "src/analysis/emotions/minilm-emotions-1.txt")
    for name, texts in sets(args.sentiment, args.journal).items():
        parts, valence = [text for text, _ in texts], np.array([said for _, said in texts])
        judged = [vader.text(part) for part in parts]
        c, k = np.array([score for score, _ in judged]), np.array([known for _, known in judged])
        vectors, p = vectors_of(parts, minilm, args.vectors)
        h = head(vectors)
        print(f"{name}: {len(texts)} texts, VADER knows a word in {(k > 0).mean():.0%}, "
              f"spread of VADER {c.std():.2f}, of the head {h.std():.2f}, of what people said {valence.std():.2f}, "
              f"means {c.mean():+.2f} {h.mean():+.2f} {valence.mean():+.2f}", flush=True)
        draw = np.random.default_rng(SEED)
        again = [draw.integers(0, len(texts), len(texts)) for _ in range(1000)]
        for rule, mood in RULES.items():
            m = mood(c, k, h, p)
            if "standardised" not in rule:
                m = np.clip(m, -1, 1)
            beats = np.mean([pearsonr(m[i], valence[i])[0] > pearsonr(c[i], valence[i])[0] for i in again])
            coloured = abs(valence) > 0.1
            sign = np.mean(np.sign(np.where(abs(m) >= 0.05, m, 0))[coloured] == np.sign(valence)[coloured])
            print(f"   {rule:48} r {pearsonr(m, valence)[0]:.3f}  rho {spearmanr(m, valence)[0]:.3f}  "
                  f"better than VADER in {beats:.1%}  same side {sign:.3f}  wrong side "
                  f"{np.mean((m * valence < 0)[coloured & (abs(m) >= 0.05)]):.3f}", flush=True)


if __name__ == "__main__":
    main()
