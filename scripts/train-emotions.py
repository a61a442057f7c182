#!/usr/bin/env python3
"""Trains and measures the head that reads emotions from vectors of all-MiniLM-L6-v2.

    python3 -m venv /some/venv
    /some/venv/bin/pip install numpy scipy scikit-learn safetensors tokenizers vaderSentiment==3.3.2
    /some/venv/bin/python scripts/train-emotions.py MODEL_FOLDER GOEMOTIONS.jsonl \
        --vectors /some/folder --valence emobank=EMOBANK.jsonl --valence tweets=TWEETS.jsonl \
        --head src/analysis/emotions/minilm-emotions-1.txt \
        --expected tests/fixtures/emotions/expected.json

GOEMOTIONS.jsonl has lines of {"split": "train" or "dev", "text", "labels": [names of the 28 labels]};
the files of --valence have lines of {"text", "valence"} and serve to measure only. Vectors are kept in
the folder of --vectors and computed once. Everything is seeded: the same data gives the same weights.

What is printed stands in src/analysis/emotions/MODEL_CARD.md. Thresholds for F1 are chosen on a fifth of
the training part by a head that has not seen it; nothing is chosen on the dev part.
"""

import argparse
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf, expit
from scipy.stats import pearsonr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.neural_network import MLPClassifier
from tokenizers import BertWordPieceTokenizer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

SEED = 20
MAX_PIECES = 256

# The six emotions of Ekman and the labels each stands for, as the authors of GoEmotions grouped them.
EKMAN = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "joy": "joy amusement approval excitement gratitude love optimism relief pride admiration desire caring",
    "sadness": "sadness disappointment embarrassment grief remorse",
    "surprise": "surprise realization confusion curiosity",
    "neutral": "neutral",
}
LABELS = list(EKMAN)
OF_LABEL = {fine: coarse for coarse, names in EKMAN.items() for fine in names.split()}
FINE = sorted(OF_LABEL)

# What the head is compared with: the mean of a few sentences for each label, written for this file.
PROTOTYPES = {
    "anger": ["I am furious about it.", "That makes me so angry.", "I was annoyed all day.",
              "He had no right to do that, and I told him so.", "I am sick of this; it drives me mad.",
              "I slammed the door, I was that cross."],
    "disgust": ["That was disgusting.", "It made me feel sick to look at it.", "What a revolting smell.",
                "I find the whole thing repulsive.", "Gross, I nearly threw up.",
                "The filth in that kitchen turned my stomach."],
    "fear": ["I am scared of what is coming.", "I was terrified.", "I am nervous about tomorrow.",
             "My heart was pounding and I was afraid.", "I worry that something bad will happen.",
             "I had a panic attack."],
    "joy": ["I am so happy today.", "What a wonderful day, I loved every minute.",
            "Thank you so much, I am grateful.", "I am proud of what we did.", "We laughed until it hurt.",
            "I am excited about the trip and full of hope."],
    "sadness": ["I feel so sad.", "I cried all evening.", "I miss her terribly.",
                "I am disappointed and let down.", "I am so sorry for what I did.",
                "It was a lonely, heavy day."],
    "surprise": ["I did not expect that at all.", "Wow, what a surprise.", "I was astonished to hear it.",
                 "I wonder why that is.", "I am confused; what just happened?",
                 "Suddenly I realised what it meant."],
    "neutral": ["The train leaves at eight.", "I went to the shop and bought bread.",
                "The meeting was moved to Tuesday.", "He works at the office in town.",
                "There are three rooms on the second floor.", "The report has twelve pages."],
}


class MiniLM:
    """A BERT forward pass in 32-bit floats; texts of one length go together, so nothing is padded.
    scripts/reference-embeddings.py says what is computed."""

    def __init__(self, folder):
        weights = load_file(folder / "model.safetensors")
        self.weights = {name: value.astype(np.float32) for name, value in weights.items() if value.dtype != np.int64}
        self.tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def forward(self, ids):
        many, length = ids.shape
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        positions = self.weights["embeddings.position_embeddings.weight"][:length]
        types = self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(words + positions + types, "embeddings.LayerNorm").reshape(many * length, 384)
        for number in range(6):
            layer = f"encoder.layer.{number}"

            def heads(name):
                parts = self.linear(x, f"{layer}.attention.self.{name}")
                return parts.reshape(many, length, 12, 32).transpose(0, 2, 1, 3)

            scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) * np.float32(1 / np.sqrt(32))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(many * length, 384)
            x = self.norm(x + self.linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
            inner = self.linear(x, f"{layer}.intermediate.dense")
            inner *= np.float32(0.5) * (1 + erf(inner * np.float32(1 / np.sqrt(2))))
            x = self.norm(x + self.linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        mean = x.reshape(many, length, 384).mean(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def embed(self, texts):
        pieces = [encoded.ids for encoded in self.tokenizer.encode_batch(texts)]
        pieces = [ids if len(ids) <= MAX_PIECES else ids[: MAX_PIECES - 1] + ids[-1:] for ids in pieces]
        by_length = {}
        for index, ids in enumerate(pieces):
            by_length.setdefault(len(ids), []).append(index)
        vectors = np.zeros((len(texts), 384), np.float32)
        for length, indexes in by_length.items():
            step = max(1, 1536 // length)
            for start in range(0, len(indexes), step):
                part = indexes[start : start + step]
                vectors[part] = self.forward(np.array([pieces[index] for index in part]))
        return vectors


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def vectors_of(texts, minilm, folder):
    """The vectors of these texts, from the folder when they are there."""
    name = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    path = folder / f"{name}.npy" if folder else None
    if path and path.exists():
        return np.load(path)
    vectors = minilm.embed(texts)
    if path:
        np.save(path, vectors)
    return vectors


def truth(rows, names, of_label):
    return np.array([[name in {of_label(label) for label in row["labels"]} for name in names] for row in rows], float)


def logistic(x, y, strength, balanced=False):
    """A head of one logistic regression for each column of `y`."""
    weight = "balanced" if balanced else None
    models = [LogisticRegression(C=strength, class_weight=weight, max_iter=500).fit(x, column) for column in y.T]
    weights = np.array([model.coef_[0] for model in models])
    return weights, np.array([model.intercept_[0] for model in models])


def scorer(weights, bias):
    return lambda vectors: expit(vectors @ weights.T + bias)


def thresholds(scores, y):
    """For each label the score from which on saying it gives the best F1."""
    best = []
    for column, wanted in zip(scores.T, y.T):
        tried = np.quantile(column, np.linspace(0.02, 0.995, 120))
        best.append(tried[np.argmax([f1_score(wanted, column >= least) for least in tried])])
    return np.array(best)


def report(name, score, tune, dev):
    least = thresholds(score(tune[0]), tune[1])
    scores = score(dev[0])
    each = [f1_score(wanted, column >= t) for column, wanted, t in zip(scores.T, dev[1].T, least)]
    seen = np.mean([f1_score(wanted, column >= t) for column, wanted, t in zip(score(tune[0]).T, tune[1].T, least)])
    columns = " ".join(f"{label} {value:.3f}" for label, value in zip(LABELS, each))
    print(f"{name:28} macro F1 {np.mean(each):.3f} ({seen:.3f} on the fifth)  {columns}")


def pleasant(scores):
    """From -1 to 1: joy without anger, disgust, fear and sadness."""
    return scores[:, LABELS.index("joy")] - scores[:, [LABELS.index(l) for l in ("anger", "disgust", "fear", "sadness")]].sum(1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("goemotions", type=Path)
    arguments.add_argument("--vectors", type=Path)
    arguments.add_argument("--valence", action="append", default=[], metavar="NAME=FILE")
    arguments.add_argument("--head", type=Path)
    arguments.add_argument("--expected", type=Path)
    args = arguments.parse_args()
    minilm = MiniLM(args.model)

    rows = read(args.goemotions)
    train, dev = [[row for row in rows if row["split"] == split] for split in ("train", "dev")]
    x, dev_x = [vectors_of([row["text"] for row in part], minilm, args.vectors) for part in (train, dev)]
    y, dev_y = truth(train, LABELS, OF_LABEL.get), truth(dev, LABELS, OF_LABEL.get)
    fifth = np.random.default_rng(SEED).permutation(len(x)) % 5 == 0
    tune, held_out = (x[fifth], y[fifth]), (dev_x, dev_y)
    most, most_y = x[~fifth], y[~fifth]
    print(f"{len(train)} texts to train on, {len(dev)} held out")

    means = np.array([minilm.embed(PROTOTYPES[label]).mean(0) for label in LABELS])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    report("prototype sentences, cosine", lambda vectors: vectors @ means.T, tune, held_out)
    for strength in (1, 10, 100):
        report(f"logistic, C = {strength}", scorer(*logistic(most, most_y, strength)), tune, held_out)
    report("logistic, C = 10, balanced", scorer(*logistic(most, most_y, 10, balanced=True)), tune, held_out)
    fine = scorer(*logistic(most, truth(train, FINE, lambda label: label)[~fifth], 10))
    groups = [[FINE.index(name) for name in EKMAN[label].split()] for label in LABELS]
    grouped = lambda vectors: np.stack([1 - (1 - fine(vectors)[:, group]).prod(1) for group in groups], 1)
    report("28 logistics, any of a group", grouped, tune, held_out)
    hidden = MLPClassifier((32,), alpha=1e-3, early_stopping=True, random_state=SEED, max_iter=60).fit(most, most_y)
    report("one hidden layer of 32", hidden.predict_proba, tune, held_out)

    # What ships: thresholds are of a head that has not seen the fifth, the weights of one that has.
    weights, bias = [np.round(part, 4) for part in logistic(x, y, SHIPPED_STRENGTH)]
    least = thresholds(scorer(*logistic(most, most_y, SHIPPED_STRENGTH))(tune[0]), tune[1])
    scores = scorer(weights, bias)(dev_x)
    each = [f1_score(wanted, column >= t) for column, wanted, t in zip(scores.T, dev_y.T, least)]
    print(f"\nshipped: logistic, C = {SHIPPED_STRENGTH}, all of train: macro F1 {np.mean(each):.3f}")
    for name, said in (("most probable", scores), ("furthest above its threshold", scores / least)):
        one = np.eye(len(LABELS))[said.argmax(1)]
        print(f"  one label, {name}: macro F1 {f1_score(dev_y, one, average='macro'):.3f}, "
              f"right in {(one * dev_y).sum() / len(one):.3f}")
    said = scores.argmax(1)
    for index, label in enumerate(LABELS):
        there = said == index
        print(f"  {label:9} share {dev_y[:, index].mean():.3f}  F1 {each[index]:.3f} from {least[index]:.4f}  "
              f"the one label of {there.sum():4} texts: right in {dev_y[there, index].mean():.3f}, "
              f"mean probability {scores[there, index].mean():.3f}")

    vader = SentimentIntensityAnalyzer()
    for name, path in (pair.split("=", 1) for pair in args.valence):
        judged = read(path)
        texts, valence = [row["text"] for row in judged], [row["valence"] for row in judged]
        head = pleasant(scorer(weights, bias)(vectors_of(texts, minilm, args.vectors)))
        lexicon = np.array([vader.polarity_scores(text)["compound"] for text in texts])
        both = pearsonr(head / head.std() + lexicon / lexicon.std(), valence)[0]
        print(f"valence, {name}: r of the head {pearsonr(head, valence)[0]:.3f}, "
              f"of VADER {pearsonr(lexicon, valence)[0]:.3f}, of both together {both:.3f}")

    if args.head:
        lines = [" ".join([label, *(f"{part:.4f}" for part in (b, *row))]) for label, b, row in zip(LABELS, bias, weights)]
        args.head.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if args.expected:
        # The texts and vectors of scripts/reference-embeddings.py, in its order.
        fixture = json.loads(Path("tests/fixtures/embeddings/all-MiniLM-L6-v2.json").read_text(encoding="utf-8"))
        vectors = np.array([np.frombuffer(base64.b64decode(row["vector"]), "<f4") for row in fixture], np.float64)
        rows = [json.dumps([round(float(score), 7) for score in row]) for row in scorer(weights, bias)(vectors)]
        args.expected.parent.mkdir(parents=True, exist_ok=True)
        args.expected.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


SHIPPED_STRENGTH = 1

if __name__ == "__main__":
    main()
