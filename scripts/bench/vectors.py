"""Made-up vectors for entries, so that search by meaning can be timed at sizes that a model would need
hours for: points around a few hundred centres, as the vectors of real entries lie."""

import array
import hashlib
import math
import random
import sqlite3

CENTRES = 300
NEARNESS = 0.75


def fill(database, model, kept_as, dimensions, corpus):
    """Gives every entry one passage, under the names that the program keeps a model's results under."""
    chance = random.Random("vectors")
    centres = [unit([chance.gauss(0, 1) for _ in range(dimensions)]) for _ in range(CENTRES)]
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    for entry in corpus.entries():
        centre = chance.choice(centres)
        # Noise of a length of its own: some entries are close to the centre, others far from all.
        spread = chance.uniform(0.3, 1.6) / math.sqrt(dimensions)
        vector = unit([NEARNESS * c + spread * chance.gauss(0, 1) for c in centre])
        length = len((entry["title"] + "\n\n" + entry["content"]).encode())
        name = hashlib.sha256(entry["id"].encode()).hexdigest()
        row = connection.execute(
            "INSERT INTO embeddings(model, text_hash, vector) VALUES (?, ?, ?)",
            (model, name, array.array("f", vector).tobytes()),
        )
        connection.execute(
            "INSERT INTO passages(collection, subject_id, model, ordinal, byte_start, byte_end, embedding_id)"
            " VALUES ('user_embeddings', ?, ?, 0, 0, ?, ?)",
            (entry["id"], kept_as, length, row.lastrowid),
        )
    connection.execute("COMMIT")
    connection.close()


def names(database):
    """What the program calls the model, and keeps its passages under, in a journal that it has read."""
    connection = sqlite3.connect(database)
    model, dimensions = connection.execute("SELECT model, length(vector) / 4 FROM embeddings").fetchone()
    (kept_as,) = connection.execute("SELECT model FROM passages WHERE collection = 'user_embeddings'").fetchone()
    connection.close()
    return model, kept_as, dimensions


def unit(vector):
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector]
