"""Corpora of invented entries, the same for the same size: words of the sample journal by how often they
occur there, then a long tail of made-up ones, drawn by Zipf's law, some 200 words an entry."""

import itertools
import json
import random
import re
import uuid
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

VOCABULARY = 60_000
WORDS_PER_ENTRY = 200
START = datetime(2000, 1, 1, 8)


class Corpus:
    """`size` entries in a folder: `entries.jsonl` as `journal import` reads it, made when missing."""

    NAME = "entries.jsonl"

    def __init__(self, folder, sample, size):
        self.folder, self.sample, self.size = Path(folder), Path(sample), size
        self.lines = self.folder / self.NAME
        self.words = vocabulary(self.sample)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.lines.exists():
            self.write()

    def write(self):
        temporary = self.lines.with_suffix(".new")
        with open(temporary, "w", encoding="utf-8") as out:
            for entry in self.generate():
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")
        temporary.rename(self.lines)

    def generate(self):
        chance = random.Random(f"journal {self.size}")
        # Mandelbrot's form of the law: the commonest words are nearly alike.
        weights = list(itertools.accumulate(1 / (rank + 2.7) ** 1.07 for rank in range(len(self.words))))
        step = timedelta(minutes=9_000_000 / max(self.size, 1000))
        for number in range(self.size):
            length = max(20, int(chance.gauss(WORDS_PER_ENTRY, 60)))
            at = START + number * step
            yield {
                "id": str(uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)),
                "entry_date": at.strftime("%Y-%m-%d"),
                "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "title": " ".join(chance.choices(self.words, cum_weights=weights, k=4)).capitalize(),
                "content": sentences(chance, chance.choices(self.words, cum_weights=weights, k=length)),
                "mood_score": round(chance.uniform(-1, 1), 2),
            }

    def entries(self):
        """The entries as they are in the file."""
        with open(self.lines, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def queries(self):
        """Twenty questions: common and rare words, pairs, and phrases that occur."""
        ranks = [150, 400, 900, 2000, 5000, 9000]
        single = [self.words[rank] for rank in ranks]
        pairs = [f"{self.words[a]} {self.words[b]}" for a, b in zip(ranks, ranks[1:])]
        triples = [f"{self.words[a]} {self.words[a + 7]} {self.words[a + 31]}" for a in (120, 300, 700, 1500)]
        some = list(itertools.islice(self.entries(), 0, 1000, 199))[:5]
        phrases = [f'"{" ".join(entry["content"].split(".")[0].lower().split()[:2])}"' for entry in some]
        return single + pairs + triples + phrases


def vocabulary(sample):
    """Words, commonest first."""
    counts = Counter()
    with open(sample, encoding="utf-8") as lines:
        for line in lines:
            counts.update(re.findall(r"[a-z]{2,}", json.loads(line)["content"].lower()))
    words = [word for word, _ in counts.most_common()]
    known = set(words)
    chance = random.Random("vocabulary")
    onsets = "b c d f g h l m n p r s t v w br ch cl dr fl gr pl pr sh sl st th tr".split()
    vowels = "a e i o u ai ea oo".split()
    codas = ["", "", "n", "r", "s", "t", "l", "m", "nd", "rt"]
    while len(words) < VOCABULARY:
        syllable = lambda: chance.choice(onsets) + chance.choice(vowels) + chance.choice(codas)
        word = "".join(syllable() for _ in range(chance.choice([2, 2, 3])))
        if word not in known:
            known.add(word)
            words.append(word)
    return words


def sentences(chance, words):
    made, at = [], 0
    while at < len(words):
        length = chance.randint(5, 20)
        made.append(" ".join(words[at : at + length]).capitalize() + ".")
        at += length
    return " ".join(made)
