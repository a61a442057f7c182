"""What is timed of `journal sync`, and what it is compared with."""

import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import mirrors
from journal import Journal
from measure import Timing, run

EMAIL = "bench@example.org"

# In the order of foreign keys; what the server computes is not copied.
TABLES = {
    "users": "id, email, password_hash, created_at, updated_at, is_active, profile",
    "journal_entries": "id, user_id, title, content, entry_date, created_at, updated_at, mood_score",
    "sentiment_analysis": "id, entry_id, model_name, sentiment_label, confidence_score, emotions, analyzed_at",
    "topics": "id, name, description, user_id, created_at, is_system_topic",
    "entry_topics": "entry_id, topic_id, relevance_score, added_at",
    "user_sessions": "id, user_id, session_start, session_end, activities, ip_address, user_agent",
    "psychology_insights": "id, user_id, insight_type, insight_data, confidence_level, generated_at, is_active",
}


class Table:
    """Rows of one Markdown table."""

    HEAD = ("entries", "operation", "p50", "p95", "runs", "rows/s", "peak memory", "ratio")

    def __init__(self):
        self.rows = []

    def add(self, size, operation, timing, rows=None, ratio=""):
        peak = f"{timing.peak / 1e6:.0f} MB" if timing.peak else ""
        rate = f"{rows / timing.p50:,.0f}" if rows else ""
        several = seconds(timing.p95) if len(timing.seconds) > 1 else ""
        self.rows.append(
            (f"{size:,}", operation, seconds(timing.p50), several, str(len(timing.seconds)), rate, peak, ratio)
        )
        print(f"{size}: {operation}: {[round(each, 3) for each in timing.seconds]} {peak} {ratio}", flush=True)

    def print(self):
        widths = [max(len(row[column]) for row in [self.HEAD, *self.rows]) for column in range(len(self.HEAD))]
        line = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        print("\n" + line(self.HEAD))
        print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        for row in self.rows:
            print(line(row))


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


class Replica:
    """A journal, and the database that it is synced with."""

    def __init__(self, arguments, folder, server, database):
        self.journal = Journal(arguments.journal, folder, folder / "no-models")
        folder_in_url = str(server.folder).replace("/", "%2F")
        url = f"postgresql://postgres@{folder_in_url}/{database}"
        self.journal.environment.update(JOURNAL_POSTGRES_URL=url, JOURNAL_USER=EMAIL)
        self.environment = self.journal.environment

    def time(self, timing, *words):
        took, _, _ = run(self.journal.command(*words), self.environment)
        timing.seconds.append(took)

    def weigh(self, timing, *words):
        """Also weighed: GNU time adds a millisecond, which long runs do not notice."""
        took, peak, _ = run(self.journal.command(*words), self.environment, weigh=True)
        timing.seconds.append(took)
        timing.peak = max(timing.peak, peak)

    def do(self, *words):
        return run(self.journal.command("--no-input", *words), self.environment, weigh=True)


def measure(table, arguments, server, corpus, rounds, migrations):
    with tempfile.TemporaryDirectory(prefix="jbench-sync-", dir=arguments.cache) as folder:
        at_size(table, arguments, server, corpus, rounds, migrations, Path(folder))


def at_size(table, arguments, server, corpus, rounds, migrations, folder):
    # The journal before it has met a deployment: each first push starts with a copy of it.
    before = Replica(arguments, folder / "before", server, "none")
    before.do("user", "add", EMAIL)
    before.do("import", str(corpus.lines))

    push, floor, floor_folder = Timing(), Timing(), folder / "floor"
    rows = None
    for turn in range(rounds):
        database = f"push_{corpus.size}_{turn}"
        server.execute(f"CREATE DATABASE {database}")
        replica = Replica(arguments, folder / f"replica-{turn}", server, database)
        shutil.copytree(before.journal.data, replica.journal.data)
        replica.do("sync", "init")
        server.execute("CHECKPOINT")
        replica.weigh(push, "sync", "push")
        if rows is None:
            rows = count(server, database)
            take_rows(server, database, floor_folder)
            expected = corpus.size * 5
            if rows < expected:
                raise SystemExit(f"bench-sync: only {rows} rows have arrived, not some {expected}")
        elif count(server, database) != rows:
            raise SystemExit("bench-sync: two pushes of one journal have made different rows")
        bare_copy(server, f"floor_{corpus.size}_{turn}", migrations, floor_folder, floor)
        if turn + 1 < rounds:
            server.execute(f"DROP DATABASE {database}")
            shutil.rmtree(replica.journal.folder)

    unchanged, repeated, empty, pull = Timing(), Timing(), Timing(), Timing()
    written = server.value("SELECT max(xmin::text::bigint) FROM journal_entries", database)
    for _ in range(arguments.repeats):
        replica.time(repeated, "sync", "push")
    for _ in range(min(5, rounds + 2)):
        replica.do("sync", "reset", "--yes")
        replica.weigh(unchanged, "sync", "push")
    if server.value("SELECT max(xmin::text::bigint) FROM journal_entries", database) != written:
        raise SystemExit("bench-sync: a push of unchanged rows has written rows")
    replica.weigh(Timing(), "sync")
    for _ in range(arguments.repeats):
        replica.time(empty, "sync")
    weighed = Timing()
    replica.weigh(weighed, "sync")
    empty.peak = weighed.peak

    for turn in range(rounds):
        second = Replica(arguments, folder / f"second-{turn}", server, database)
        second.do("user", "add", EMAIL)
        second.do("sync", "init", "--account", EMAIL, "--link")
        second.weigh(pull, "sync", "pull")
        found = second.journal.ask("stats")["user_statistics"]["total_entries"]
        if found != corpus.size:
            raise SystemExit(f"bench-sync: the second machine has {found} entries")
        shutil.rmtree(second.journal.folder)

    size = corpus.size
    table.add(size, "COPY of the same rows", floor, rows, "1.00")
    # Each push with the floor that ran beside it: the machine may have been slower in another round.
    ratio = statistics.median(bare / own for bare, own in zip(floor.seconds, push.seconds))
    table.add(size, "first push", push, rows, f"{ratio:.2f} × its rate")
    table.add(size, "push again", repeated, None, f"{push.p50 / repeated.p50:.0f} × as fast as the first")
    table.add(size, "push again, comparing all", unchanged, rows, f"{push.p50 / unchanged.p50:.0f} × as fast as the first")
    table.add(size, "empty sync", empty)
    table.add(size, "pull by a second machine", pull, rows)
    mirrors.measure(table, arguments, corpus, rounds, replica)


def count(server, database):
    return sum(int(server.value(f"SELECT count(*) FROM {table}", database)) for table in TABLES)


def take_rows(server, database, folder):
    """The rows as files that COPY reads; system topics are there already, by a migration."""
    folder.mkdir()
    for table, columns in TABLES.items():
        which = " WHERE user_id IS NOT NULL" if table == "topics" else ""
        with open(folder / table, "wb") as out:
            sql = f"COPY (SELECT {columns} FROM {table}{which}) TO STDOUT"
            subprocess.run(server.command(sql, database), check=True, stdout=out)


def bare_copy(server, database, migrations, folder, timing):
    server.execute(f"CREATE DATABASE {database}")
    for migration in sorted(migrations.iterdir()):
        # The tables, indexes and system topics; what watches them for `journal sync` is not part of the floor.
        sql = (migration / "up.sql").read_text(encoding="utf-8")
        if "journal_cli" not in sql:
            server.execute(sql, database)
    script = folder / "script.sql"
    copies = [f"\\copy {table}({columns}) FROM '{folder / table}'" for table, columns in TABLES.items()]
    script.write_text("\\set ON_ERROR_STOP 1\nBEGIN;\n" + "\n".join(copies) + "\nCOMMIT;\n", encoding="utf-8")
    server.execute("CHECKPOINT")
    command = server.command("", database)[:-2] + ["-f", str(script)]
    took, _, _ = run(command)
    timing.seconds.append(took)
    server.execute(f"DROP DATABASE {database}")
