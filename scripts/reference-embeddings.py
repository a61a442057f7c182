#!/usr/bin/env python3
"""Computes reference vectors for all-MiniLM-L6-v2 without the libraries the program uses.

    python3 -m venv /some/venv && /some/venv/bin/pip install numpy scipy safetensors tokenizers
    /some/venv/bin/python scripts/reference-embeddings.py MODEL_FOLDER \
        tests/fixtures/embeddings/all-MiniLM-L6-v2.json

This is a plain BERT forward pass in numpy, in 64-bit floats, written from the architecture's
description: word, position and type embeddings; layers of attention and a feed-forward part with the
exact (erf) GELU; layer normalisation with epsilon 1e-12; then the mean over the pieces, brought to
unit length. Each text is computed alone, so there is no padding to get wrong. Word pieces come from
vocab.txt, not from the tokenizer.json the program reads. The texts below were written for this file
and tests/model_server.rs compares the program's vectors with the ones stored.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import BertWordPieceTokenizer

MAX_PIECES = 256

LONG = (
    "The boat left before six, and the harbour was so quiet that we heard the rope slide off the "
    "bollard. Nobody spoke until the lighthouse was behind us. Then Marta poured coffee into the "
    "tin cups and told the story of her grandfather, who had rowed to the island and back on his "
    "wedding day because the priest had missed the ferry. "
)

TEXTS = [
    # Short, and close to each other in pairs.
    "Slept badly.",
    "I hardly slept at all last night.",
    "The talk went well.",
    "My presentation was a success and people asked good questions.",
    "Ran five kilometres along the river.",
    "Went jogging by the water this morning.",
    "Argued with Tom about money again.",
    "Made soup from the pumpkins in the garden.",
    "ok",
    "Rain.",
    "rain",
    "RAIN",
    # An ordinary entry or two.
    "Today was the first warm day of the year. I took the long way home through the park, sat on the "
    "bench by the pond and read until the light went.",
    "Work is too much at the moment: three deadlines in one week, and the build is broken. I should "
    "say no more often, but I always think of it a day too late.",
    "Called Mum. She sounds better since the operation, though she tires quickly. We talked about the "
    "old flat, the stairs that creaked, and the neighbour's canary.",
    "Therapy in the morning. We spoke about why I apologise for things that are not my fault. I cried a "
    "little, and afterwards everything looked sharper, as if somebody had cleaned the windows.",
    "Shopping list: oats, two lemons, washing powder, batteries (AA), birthday card for Ines.",
    "Gratitude: 1) the neighbour who shovelled our path 2) a seat on the train 3) Noor's laugh.",
    # Empty or nearly so.
    "",
    " ",
    "\n\n\t\n",
    ".",
    "?!?!?! ... --- ***",
    "\u200b",
    # Signs, numbers, code, addresses.
    "Don't panic: it's 12:30, I'm at gate B-17, and the ticket cost 1,299.00 EUR!",
    "See https://example.org/a/very/long/path?with=arguments&and=more#anchor or write to me@example.org.",
    "SELECT count(*) FROM entries WHERE mood < -0.5; -- wrong again",
    "# Monday\n\n- [x] dentist\n- [ ] tax return\n\n> \"We shall see\", he said.",
    "3.14159265358979323846264338327950288419716939937510",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    # Accents, other scripts, emoji, mixtures.
    "Café crème à Orléans, déjà vu, naïve, Ærøskøbing, Łódź, smörgåsbord.",
    "Cafe\u0301 cre\u0300me with combining accents, which should mean the same.",
    "Straße, Größe, Übermut: heute war ein schöner Tag am See.",
    "今日は雨だった。駅まで走ったのに、電車はもう出ていた。",
    "東京でラーメンを食べて、とても幸せだった。",
    "오늘은 친구와 산책을 했다.",
    "Сегодня я весь день читал у окна.",
    "اليوم كان هادئا وجميلا.",
    "आज मौसम बहुत अच्छा था।",
    "ευτυχισμένος σήμερα",
    "So happy today! 🎉🎉 New job!!! 😭❤️",
    "👩‍👩‍👧‍👦 family day 🏖️ at the beach, sunburnt 🥵 but worth it",
    "🙂",
    "Mixed: ramen ラーメン 🍜 at 8pm in Köln, très bon, 10/10 would go again",
    "[CLS] brackets [SEP] as some people [MASK] write them [PAD]",
    # A word beyond what the tokenizer takes apart, and words it has never seen.
    "x" * 150,
    "Flibberwocky snarzled the quantumful brimblethorp.",
    # Long: near the window, at it, far beyond.
    LONG * 3,
    LONG * 4 + "That was the day I understood what he meant.",
    LONG * 12,
]


def normalise(x, weight, bias):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * weight + bias


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Bert:
    def __init__(self, folder):
        config = json.loads((folder / "config.json").read_text())
        assert config["hidden_act"] == "gelu" and config["layer_norm_eps"] == 1e-12
        weights = load_file(folder / "model.safetensors")
        self.weights = {name: value.astype(np.float64) for name, value in weights.items()}
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        return normalise(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def attention(self, x, layer):
        length, size = x.shape
        width = size // self.heads

        def split(name):
            projected = self.linear(x, f"{layer}.attention.self.{name}")
            return projected.reshape(length, self.heads, width).transpose(1, 0, 2)

        query, key, value = split("query"), split("key"), split("value")
        weights = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(width))
        mixed = (weights @ value).transpose(1, 0, 2).reshape(length, size)
        return self.linear(mixed, f"{layer}.attention.output.dense")

    def hidden(self, ids):
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        positions = self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        types = self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(words + positions + types, "embeddings.LayerNorm")
        for number in range(self.layers):
            layer = f"encoder.layer.{number}"
            x = self.norm(x + self.attention(x, layer), f"{layer}.attention.output.LayerNorm")
            inner = self.linear(x, f"{layer}.intermediate.dense")
            inner = inner * 0.5 * (1.0 + erf(inner / np.sqrt(2.0)))
            x = self.norm(x + self.linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        return x

    def embed(self, ids):
        mean = self.hidden(ids).mean(axis=0)
        return mean / np.linalg.norm(mean)


def main():
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    bert = Bert(folder)
    assert len(TEXTS) == 50
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        pieces = len(ids) - 2
        if len(ids) > MAX_PIECES:
            ids = ids[: MAX_PIECES - 1] + ids[-1:]
        vector = bert.embed(ids).astype("<f4")
        rows.append({"text": text, "pieces": pieces, "vector": base64.b64encode(vector.tobytes()).decode()})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    target.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(rows)} texts, pieces {[row['pieces'] for row in rows]}")


if __name__ == "__main__":
    main()
