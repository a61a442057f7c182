"""What is timed: loading, reading, writing, meaning, and bytes on disk."""

import json
import os
from pathlib import Path

import vectors
from measure import Failed, Way, files_size, turns


SEARCH = "search, by words, 10 hits"


class Table:
    """Rows of a Markdown table: operation, who, times, memory, and how many times our time that is."""

    def __init__(self):
        self.rows = []

    def add(self, operation, timings):
        ours = timings.get("journal")
        for who, timing in timings.items():
            ratio = timing.p50 / ours.p50 if ours and who != "journal" else None
            self.rows.append(
                (
                    operation,
                    who,
                    f"{milliseconds(timing.p50)}",
                    f"{milliseconds(timing.p95)}",
                    f"{timing.peak / 1e6:.0f} MB",
                    f"{ratio:.1f} ×" if ratio else "",
                )
            )

    def note(self, operation, who, what, peak=None):
        self.rows.append((operation, who, what, "", f"{peak / 1e6:.0f} MB" if peak else "", ""))

    def print(self):
        head = ("operation", "who", "p50", "p95", "peak memory", "to journal")
        widths = [max(len(row[column]) for row in [head, *self.rows]) for column in range(len(head))]
        line = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        print(line(head))
        print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        for row in self.rows:
            print(line(row))


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"


def rate(size, seconds):
    return f"{size / seconds:,.0f} entries/s"


def loading(table, journal, peers, corpus):
    """From the file of lines to durable, then to searchable by words."""
    journal.remove()
    seconds, peak, _ = journal.run("import", str(corpus.lines))
    table.note("import to durable", "journal", rate(corpus.size, seconds), peak)
    indexing, index_peak, _ = journal.run("search", "--mode", "text", "xyzzy")
    table.note("import and all searchable", "journal", rate(corpus.size, seconds + indexing), max(peak, index_peak))
    if "sqlite3" in peers:
        seconds, peak, _ = peers["sqlite3"].load(corpus)
        table.note("import and all searchable", "sqlite3 FTS5", rate(corpus.size, seconds), peak)
    for name in ("rg", "jrnl"):
        if name in peers:
            peers[name].load(corpus)
    if "PostgreSQL" in peers:
        peers["PostgreSQL"].start()
        peers["PostgreSQL"].load(corpus)


def reading(table, journal, peers, corpus, rounds, as_written):
    sqlite, jrnl = peers.get("sqlite3"), peers.get("jrnl")
    ways = {"journal": journal.way("--version")}
    if sqlite:
        ways["sqlite3"] = Way(lambda turn: [sqlite.shell, "--version"])
    if jrnl:
        ways["jrnl"] = jrnl.way("--version")
    table.add("start-up: --version", turns(ways, few(ways, rounds)))

    ids = [entry["short_id"] for entry in journal.ask("list", "--limit", "50")]
    ways = {"journal": journal.way("list", "--limit", "20")}
    if sqlite:
        ways["sqlite3"] = Way(lambda turn: sqlite.list())
    if jrnl:
        ways["jrnl"] = jrnl.way("-n", "20", "--short")
    table.add("list 20", turns(ways, few(ways, rounds)))
    table.add("show one", turns({"journal": Way(lambda turn: journal.command("show", ids[turn % len(ids)]), journal.environment)}, rounds))

    queries = corpus.queries()
    at = lambda turn: queries[turn % len(queries)]
    by_words = lambda turn: journal.command("search", "--mode", "text", "--limit", "10", "--", at(turn))
    ways = {"journal": Way(by_words, journal.environment)}
    if sqlite:
        ways["sqlite3 FTS5"] = Way(lambda turn: sqlite.search(at(turn)))
    table.add(SEARCH, turns(ways, max(rounds, len(queries))))
    if "rg" in peers:
        found = Way(lambda turn: peers["rg"].search(at(turn)), may_find_nothing=True)
        table.add(SEARCH, turns({"rg": found}, min(rounds, 10)))
    if jrnl:
        table.add(SEARCH, turns({"jrnl": Way(lambda turn: jrnl.search(at(turn)), jrnl.environment)}, 3))
    if "PostgreSQL" in peers:
        server = peers["PostgreSQL"]
        if as_written:
            slow = {"PostgreSQL, as written": Way(lambda turn: server.search(at(turn), False))}
            table.add(SEARCH, turns(slow, 3, warm=0))
        server.index()
        table.add(SEARCH, turns({"PostgreSQL, indexed": Way(lambda turn: server.search(at(turn), True))}, len(queries)))


def few(ways, rounds):
    """Fewer rounds where somebody needs seconds for each."""
    return min(rounds, 5) if "jrnl" in ways else rounds


def writing(table, journal, peers, rounds):
    add = lambda turn: journal.command("add", f"Entry {turn}: slept badly, but the talk went well.")
    ways = {"journal": Way(add, journal.environment)}
    if "sqlite3" in peers:
        ways["sqlite3, bare insert"] = Way(lambda turn: peers["sqlite3"].add(turn))
    if "jrnl" in peers:
        ways["jrnl"] = peers["jrnl"].way("today:", "Slept badly, but the talk went well.")
    table.add("add", turns(ways, few(ways, rounds)))

    search = journal.way("search", "--mode", "text", "--limit", "10", "heron bridge")
    search.before = lambda turn: journal.run("add", f"Entry {turn}: a heron by the second bridge.")
    table.add("first search after an add", turns({"journal": search}, rounds))


def meaning(table, journal, corpus, rounds):
    """With made-up vectors for the entries and the real model for the questions."""
    try:
        model, kept_as, dimensions = model_names(journal)
    except Failed as error:
        table.note("by meaning", "journal", f"left out: {str(error)[-60:]}")
        return
    vectors.fill(journal.data / "journal.db", model, kept_as, dimensions, corpus)
    seconds, peak, _ = journal.run("analyze")
    table.note("analyze but for the vectors", "journal", rate(corpus.size, seconds), peak)
    ids = [entry["short_id"] for entry in journal.ask("list", "--limit", "50")]
    queries = corpus.queries()
    # The question is another one each time, so that the model computes and no cache answers.
    ask = lambda text, turn: journal.command("search", "--mode", "hybrid", "--limit", "10", "--", f"{text} {turn} {os.getpid()}")
    warm = Way(lambda turn: ask(queries[turn % len(queries)], turn), journal.environment)
    table.add("search, hybrid, server warm", turns({"journal": warm}, rounds))
    similar = Way(lambda turn: journal.command("similar", ids[turn % len(ids)]), journal.environment)
    table.add("similar to an entry", turns({"journal": similar}, rounds))
    cold = Way(lambda turn: ask("a cold question", turn), journal.environment, before=lambda turn: journal.stop_server())
    table.add("search, hybrid, server started by it", turns({"journal": cold}, 3, warm=0))


def model_names(journal):
    """What the program calls the model, from a journal of one entry beside the large one."""
    small, large = journal.folder / "one", journal.data
    journal.data = small
    try:
        if not small.exists():
            journal.run("add", "One entry.")
            journal.run("analyze")
    finally:
        journal.data = large
    return vectors.names(small / "journal.db")


def bytes_on_disk(table, journal, peers, size):
    sizes = {}
    for at, _, names in os.walk(journal.data):
        for name in names:
            path = Path(at) / name
            part = path.relative_to(journal.data)
            store = str(Path(*part.parts[:2])) if len(part.parts) > 1 else part.name
            sizes[store] = sizes.get(store, 0) + path.stat().st_size
    text = sum(len(entry_text(line)) for line in open(Path(journal.folder).parent / "entries.jsonl", encoding="utf-8"))
    table.note("bytes an entry", "the text itself", f"{text / size:,.0f}")
    for store, number in sorted(sizes.items(), key=lambda pair: -pair[1]):
        if number >= size * 10:
            table.note("bytes an entry", f"journal: {store}", f"{number / size:,.0f}")
    if "sqlite3" in peers:
        table.note("bytes an entry", "sqlite3 FTS5", f"{peers['sqlite3'].file.stat().st_size / size:,.0f}")
    if "rg" in peers:
        table.note("bytes an entry", "one file each", f"{files_size(peers['rg'].folder) / size:,.0f}")


def entry_text(line):
    entry = json.loads(line)
    return (entry["title"] + entry["content"]).encode()
