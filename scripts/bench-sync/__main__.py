#!/usr/bin/env python3
"""Times `journal sync` with servers of this run's own, beside a bare COPY of the same rows; with Redis beside
`redis-cli --pipe` of the same keys, and with Chroma beside bare requests with the same vectors.

    scripts/bench-sync --journal target/release/journal [--sizes 1000,10000] [--large] [--rounds 3]

Entries of some 200 words, each with two judgements and two topics. Prints one Markdown table.

- The floor is a COPY of the rows that a push makes, table by table in one transaction, by psql, into a fresh database
  of the same server with the same tables and indexes and nothing else. Push and floor are run in turn, each time
  into a database of its own, after a checkpoint.
- "push again" is the same push once more. "comparing all" comes after `sync reset`, so that every row has to be
  looked at on both sides to find out that there is nothing to do.
- With Redis or Chroma, nine entries of ten have a vector of 384 numbers. PostgreSQL has everything by then: the rest
  of such a sync is an empty one. The floor of Redis is a whole redis-cli, which only writes; that of Chroma is the
  requests alone, made beforehand, a thousand records each, over one connection.
- Everything else is a whole process, from its start to its end; the server flushes every commit (fsync is on).
- Memory is the greatest resident size of the process, without the server.

Needs Python 3.9, PostgreSQL's server programs, and GNU time for the memory; Redis and Chroma (`make chroma`) where they
are to be measured.
"""

import argparse
import datetime
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import replication  # noqa: E402
from analysed import AnalysedCorpus  # noqa: E402
from measure import machine  # noqa: E402
from postgres import Postgres  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CACHE = os.environ.get("JOURNAL_BUILD_CACHE") or os.path.expanduser("~/.cache/journaling-ai/build")

# Each push and each floor takes minutes from here on.
ONCE_FROM = 100_000


def main():
    arguments = parser().parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    if arguments.large and ONCE_FROM not in sizes:
        sizes.append(ONCE_FROM)
    server = Postgres()
    if not server.there():
        sys.exit("bench-sync: there is no PostgreSQL server here (Debian: apt-get install postgresql)")
    print(f"{datetime.date.today()}: {machine()}\n", flush=True)
    table = replication.Table()
    # The program itself: what Debian puts around it is not to slow the floor.
    server.psql = server.programs / "psql"
    # Room for WAL: no checkpoint comes in the middle of a small run and not of the one beside it.
    server.start(["max_wal_size=8GB", "checkpoint_timeout=1h"])
    try:
        for size in sizes:
            corpus = AnalysedCorpus(Path(arguments.cache) / "bench" / str(size), ROOT / "examples" / "sample-journal.jsonl", size)
            rounds = 1 if size >= ONCE_FROM else arguments.rounds
            replication.measure(table, arguments, server, corpus, rounds, ROOT / "migrations" / "postgres")
    finally:
        server.stop()
    table.print()


def parser():
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--journal", required=True, help="the program")
    made.add_argument("--sizes", default="1000,10000", help="entries, separated by commas")
    made.add_argument("--large", action="store_true", help="also 100,000 entries: a quarter of an hour more")
    made.add_argument("--rounds", type=int, default=3, help="how often the first push, the floor and the pull are run")
    made.add_argument("--repeats", type=int, default=20, help="how often an empty sync is run")
    made.add_argument("--cache", default=CACHE, help="where corpora are kept")
    return made


if __name__ == "__main__":
    main()
