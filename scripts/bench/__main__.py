#!/usr/bin/env python3
"""Times journal as whole processes beside what a user would otherwise use, on the same text, in one run.

    scripts/bench --journal target/release/journal --models FOLDER [--sizes 1000,10000,100000] [--rounds 20]

Prints one Markdown table for each size. Corpora and what the peers make of them are kept under --cache. A peer
that is not there and cannot be installed is left out by name. Needs Python 3.9, nothing else.
"""

import argparse
import datetime
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import operations  # noqa: E402
from corpus import Corpus  # noqa: E402
from journal import Journal  # noqa: E402
from measure import machine  # noqa: E402
from peers import Jrnl, Ripgrep, Sqlite  # noqa: E402
from postgres import Postgres  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CACHE = os.environ.get("JOURNAL_BUILD_CACHE") or os.path.expanduser("~/.cache/journaling-ai/build")

# jrnl reads its whole file for every command: beyond this many entries it would take most of the run.
JRNL_AT_MOST = 10_000
# One analysis of every text for every question: some minutes a question beyond this.
AS_WRITTEN_AT_MOST = 100_000


def main():
    arguments = parser().parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    if arguments.million:
        sizes.append(1_000_000)
    print(f"{datetime.date.today()}: {machine()}\n", flush=True)
    for size in sizes:
        at_size(size, arguments)


def parser():
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--journal", required=True, help="the program")
    made.add_argument("--models", required=True, help="the folder of models")
    made.add_argument("--sizes", default="1000,10000,100000", help="entries, separated by commas")
    made.add_argument("--million", action="store_true", help="also a million entries")
    made.add_argument("--rounds", type=int, default=20, help="how often each command is run")
    made.add_argument("--cache", default=CACHE, help="where corpora are kept")
    made.add_argument("--without", default="", help="peers to leave out, separated by commas")
    return made


def at_size(size, arguments):
    folder = Path(arguments.cache) / "bench" / str(size)
    corpus = Corpus(folder, ROOT / "examples" / "sample-journal.jsonl", size)
    journal = Journal(arguments.journal, folder / "own", arguments.models)
    without = arguments.without.split(",")
    peers, missing = {}, []
    candidates = {
        "sqlite3": lambda: Sqlite(folder),
        "rg": lambda: Ripgrep(folder),
        "jrnl": lambda: Jrnl(folder, arguments.cache) if size <= JRNL_AT_MOST else None,
        "PostgreSQL": Postgres,
    }
    for name, make in candidates.items():
        peer = make() if name not in without else None
        if peer is not None and peer.there():
            peers[name] = peer
        else:
            missing.append(name)
    print(f"## {size:,} entries\n", flush=True)
    table = operations.Table()
    try:
        operations.loading(table, journal, peers, corpus)
        operations.reading(table, journal, peers, corpus, arguments.rounds, size <= AS_WRITTEN_AT_MOST)
        operations.writing(table, journal, peers, arguments.rounds)
        if size <= AS_WRITTEN_AT_MOST:
            operations.meaning(table, journal, corpus, arguments.rounds)
        operations.bytes_on_disk(table, journal, peers, size)
    finally:
        journal.stop_server()
        if "PostgreSQL" in peers:
            peers["PostgreSQL"].stop()
        journal.remove()
    table.print()
    if missing:
        print(f"\nLeft out: {', '.join(missing)}.")
    print(flush=True)


if __name__ == "__main__":
    main()
