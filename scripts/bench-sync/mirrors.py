"""What is timed of the mirrors: Redis and Chroma that follow `journal sync`, and what they are compared with."""

import base64
import hashlib
import http.client
import json
import os
import random
import shutil
import socket
import sqlite3
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from measure import Timing, run

MODEL = "bench-model@00000000"
DIMENSIONS = 384
BATCH = 1000
COLLECTIONS = ("user_embeddings", "topic_embeddings", "insight_embeddings", "global_embeddings")


def measure(table, arguments, corpus, rounds, replica):
    """With a journal that PostgreSQL has already, so that what is timed is an empty sync and the mirror."""
    read = give_vectors(replica.journal.data / "journal.db", corpus)
    replica.do("sync")
    if shutil.which("redis-server") and shutil.which("redis-cli"):
        with Redis() as redis:
            follow_redis(table, arguments, corpus.size, rounds, replica, redis)
    program = Path(arguments.cache) / "chroma" / "bin" / "chroma"
    if program.exists():
        with Chroma(program) as chroma:
            follow_chroma(table, arguments, corpus.size, rounds, replica, chroma, read)


def give_vectors(database, corpus):
    """A vector for each entry but every tenth, as if a model had read it; gives how many."""
    chance, made = random.Random(f"vectors {corpus.size}"), 0
    with sqlite3.connect(database) as connection:
        for number, entry in enumerate(corpus.entries()):
            if number % 10 == 9:
                continue
            numbers = [chance.gauss(0, 1) for _ in range(DIMENSIONS)]
            length = sum(number * number for number in numbers) ** 0.5
            vector = struct.pack(f"<{DIMENSIONS}f", *(number / length for number in numbers))
            text = f"{entry['title']}\n\n{entry['content']}"
            digest = hashlib.sha256(f"{MODEL}\0{text}".encode()).hexdigest()
            sql = "INSERT INTO embeddings(model, text_hash, vector) VALUES (?, ?, ?)"
            added = connection.execute(sql, (MODEL, digest, vector)).lastrowid
            connection.execute(
                "INSERT INTO passages VALUES ('user_embeddings', ?, ?, 0, 0, ?, ?)",
                (entry["id"], MODEL, len(text.encode()), added),
            )
            made += 1
    connection.close()
    return made


def follow_redis(table, arguments, size, rounds, replica, redis):
    replica.environment["JOURNAL_REDIS_URL"] = f"unix://{redis.socket}"
    first, floor, again = Timing(), Timing(), Timing()
    for _ in range(rounds):
        redis.ask("FLUSHALL")
        replica.weigh(first, "sync")
        keys = redis.dump(redis.folder / "commands")
        redis.ask("FLUSHALL")
        took, _, _ = run(["redis-cli", "-s", str(redis.socket), "--pipe"], stdin=redis.folder / "commands")
        floor.seconds.append(took)
        if redis.ask("DBSIZE") != keys:
            raise SystemExit(f"bench-sync: redis-cli has left {redis.ask('DBSIZE')} keys, not {keys}")
    # What redis-cli has put there has the journal's own key too; whether it is of this run is not asked.
    replica.do("sync")
    for _ in range(arguments.repeats):
        replica.time(again, "sync")
    del replica.environment["JOURNAL_REDIS_URL"]
    ratio = statistics.median(bare / own for bare, own in zip(floor.seconds, first.seconds))
    table.add(size, "redis-cli --pipe of the same keys", floor, keys, "1.00")
    table.add(size, "first sync with Redis", first, keys, f"{ratio:.2f} × its rate")
    table.add(size, "again with Redis", again)


def follow_chroma(table, arguments, size, rounds, replica, chroma, vectors):
    replica.environment["JOURNAL_CHROMA_URL"] = f"http://127.0.0.1:{chroma.port}"
    first, floor, again = Timing(), Timing(), Timing()
    for _ in range(rounds):
        for name in COLLECTIONS:
            chroma.ask("DELETE", f"/collections/{name}", may_fail=True)
        replica.weigh(first, "sync")
        bodies = chroma.bodies("user_embeddings", vectors)
        chroma.ask("DELETE", "/collections/floor", may_fail=True)
        made = chroma.ask("POST", "/collections", json.dumps(
            {"name": "floor", "configuration": {"hnsw": {"space": "cosine"}}}))
        since = time.perf_counter()
        for body in bodies:
            chroma.ask("POST", f"/collections/{made['id']}/upsert", body)
        floor.seconds.append(time.perf_counter() - since)
        found = chroma.ask("GET", f"/collections/{made['id']}/count")
        if found != vectors:
            raise SystemExit(f"bench-sync: the bare requests have left {found} vectors, not {vectors}")
    for _ in range(arguments.repeats):
        replica.time(again, "sync")
    del replica.environment["JOURNAL_CHROMA_URL"]
    ratio = statistics.median(bare / own for bare, own in zip(floor.seconds, first.seconds))
    table.add(size, "bare upsert of the same vectors", floor, vectors, "1.00")
    table.add(size, "first sync with Chroma", first, vectors, f"{ratio:.2f} × its rate")
    table.add(size, "again with Chroma", again)


class Redis:
    """A server of this run's own, which keeps nothing on the disk."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="jbench-", dir="/tmp"))
        self.socket = self.folder / "socket"
        settings = ["--port", "0", "--save", "", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        self.server = subprocess.Popen(["redis-server", *settings], stdout=subprocess.DEVNULL)
        await_socket(lambda: self.connect())
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(str(self.socket))
        self.answers = self.line.makefile("rb")

    def ask(self, *words):
        self.line.sendall(command(*words))
        return self.answer()

    def answer(self):
        kind, rest = (line := self.answers.readline())[:1], line[1:-2]
        if kind == b"-":
            raise SystemExit(f"bench-sync: Redis says {rest.decode()}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self.answers.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        return rest

    def dump(self, path):
        """Everything there as the commands that put it there; gives how many keys that are."""
        keys = self.ask("KEYS", "*")
        with open(path, "wb") as out:
            for key in keys:
                if self.ask("TYPE", key) == b"list":
                    for item in reversed(self.ask("LRANGE", key, "0", "-1")):
                        out.write(command("LPUSH", key, item))
                else:
                    out.write(command("SET", key, self.ask("GET", key), "EX", str(self.ask("TTL", key))))
        return len(keys)


def command(*words):
    words = [word if isinstance(word, bytes) else word.encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class Chroma:
    """A server of this run's own."""

    HOME = "/api/v2/tenants/default_tenant/databases/default_database"

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="jbench-", dir="/tmp"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = [str(self.program), "run", "--path", "data", "--host", "127.0.0.1", "--port", str(self.port)]
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environment = dict(os.environ, ANONYMIZED_TELEMETRY="False")
        self.server = subprocess.Popen(words, cwd=self.folder, env=environment, **quiet)
        await_socket(lambda: socket.create_connection(("127.0.0.1", self.port)).close())
        self.line = http.client.HTTPConnection("127.0.0.1", self.port)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=None, may_fail=False):
        self.line.request(method, self.HOME + path, body, {"content-type": "application/json"})
        answer = self.line.getresponse()
        text = answer.read()
        if answer.status >= 300 and not may_fail:
            raise SystemExit(f"bench-sync: Chroma says {answer.status} {text[:200]}")
        return json.loads(text) if text else None

    def bodies(self, name, expected):
        """The records of a collection as requests that put them there."""
        found = {each["name"]: each["id"] for each in self.ask("GET", "/collections")}[name]
        made, offset = [], 0
        while offset < expected:
            asked = {"limit": BATCH, "offset": offset, "include": ["embeddings", "documents", "metadatas"]}
            page = self.ask("POST", f"/collections/{found}/get", json.dumps(asked))
            if not page["ids"]:
                raise SystemExit(f"bench-sync: Chroma has {offset} vectors, not {expected}")
            offset += len(page["ids"])
            pack = lambda vector: base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
            records = {name: page[name] for name in ("ids", "documents", "metadatas")}
            made.append(json.dumps(dict(records, embeddings=[pack(vector) for vector in page["embeddings"]])))
        return made


def await_socket(connect):
    for _ in range(3000):
        try:
            return connect()
        except OSError:
            time.sleep(0.01)
    raise SystemExit("bench-sync: a server does not answer")
