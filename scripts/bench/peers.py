"""What a user would otherwise use, on the same text: the sqlite3 shell with FTS5, ripgrep over one file
per entry, jrnl. Each says whether it is there; what is missing is installed when that is possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from measure import Way, run


def install(package):
    """A Debian package, where that works without asking."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "install", "-y", "-qq", package], env=environment, check=False, **quiet)


class Sqlite:
    """A table like ours with an FTS5 index of external content, Porter stems, kept by triggers."""

    schema = """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE entries(number INTEGER PRIMARY KEY, id TEXT, entry_date TEXT, created_at TEXT, title TEXT,
            content TEXT, mood_score REAL);
        CREATE INDEX by_day ON entries(entry_date DESC);
        CREATE INDEX by_id ON entries(id);
        CREATE VIRTUAL TABLE words USING fts5(title, content, content='entries', content_rowid='number',
            tokenize='porter unicode61 remove_diacritics 2');
        CREATE TRIGGER words_insert AFTER INSERT ON entries BEGIN
            INSERT INTO words(rowid, title, content) VALUES (new.number, new.title, new.content); END;
    """

    def __init__(self, folder):
        if not shutil.which("sqlite3"):
            install("sqlite3")
        self.shell = shutil.which("sqlite3")
        self.file = Path(folder) / "fts5.db"

    def there(self):
        return self.shell is not None

    def load(self, corpus):
        """Loads the corpus from its JSON lines in one transaction; gives seconds and peak bytes."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        script = self.file.with_suffix(".sql")
        script.write_text(
            self.schema
            + "CREATE TEMP TABLE lines(line TEXT);\n"
            # A separator that the file cannot hold makes each line one value.
            + f".mode ascii\n.separator \"\\037\" \"\\n\"\n.import '{corpus.lines}' lines\n"
            + """BEGIN IMMEDIATE; INSERT INTO entries(id, entry_date, created_at, title, content, mood_score)
            SELECT line ->> 'id', line ->> 'entry_date', line ->> 'created_at', line ->> 'title', line ->> 'content',
            line ->> 'mood_score' FROM lines; COMMIT;""",
            encoding="utf-8",
        )
        loaded = run([self.shell, str(self.file)], stdin=script, weigh=True)
        # What single rows are put into, without an index of their words: the least there is.
        subprocess.run(self.command("CREATE TABLE plain AS SELECT * FROM entries LIMIT 0"), check=True)
        return loaded

    def command(self, sql):
        return [self.shell, str(self.file), sql]

    def add(self, number):
        """One durable insert."""
        return self.command(
            "PRAGMA synchronous = FULL; INSERT INTO plain(id, entry_date, created_at, title, content, mood_score) "
            f"VALUES (lower(hex(randomblob(16))), '2026-03-01', datetime('now'), NULL, 'Entry {number}: slept badly, "
            "but the talk went well.', 0.2)"
        )

    def list(self):
        return self.command(
            "SELECT id, entry_date, title, substr(content, 1, 80) FROM entries ORDER BY entry_date DESC LIMIT 20"
        )

    def search(self, query):
        text = query.replace("'", "''")
        return self.command(
            "SELECT e.id, e.entry_date, e.title, snippet(words, 1, '[', ']', '…', 30) FROM words "
            f"JOIN entries e ON e.number = words.rowid WHERE words MATCH '{text}' ORDER BY bm25(words, 2.5, 1.0) LIMIT 10"
        )


class Ripgrep:
    """One file per entry."""

    def __init__(self, folder):
        if not shutil.which("rg"):
            install("ripgrep")
        self.program = shutil.which("rg")
        self.folder = Path(folder) / "files"

    def there(self):
        return self.program is not None

    def load(self, corpus):
        if self.folder.exists():
            return
        for entry in corpus.entries():
            year = self.folder / entry["entry_date"][:4]
            year.mkdir(parents=True, exist_ok=True)
            (year / f"{entry['id']}.md").write_text(f"# {entry['title']}\n\n{entry['content']}\n", encoding="utf-8")

    def search(self, query):
        """Files with the phrase, or with the rarest-looking word: it has no notion of both words."""
        text = query.strip('"') if query.startswith('"') else max(query.split(), key=len)
        return [self.program, "--files-with-matches", "--ignore-case", "--fixed-strings", text, str(self.folder)]


class Jrnl:
    """The best-known journal for the terminal; its file is read whole by every command."""

    def __init__(self, folder, cache):
        self.folder = Path(folder) / "jrnl"
        venv = Path(cache) / "venv-jrnl"
        self.program = venv / "bin" / "jrnl"
        if not self.program.exists():
            quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            subprocess.run([sys.executable, "-m", "venv", str(venv)], **quiet)
            subprocess.run([str(venv / "bin" / "pip"), "install", "-q", "jrnl"], **quiet)
        self.environment = dict(os.environ, XDG_CONFIG_HOME=str(self.folder), HOME=str(self.folder), NO_COLOR="1")

    def there(self):
        return self.program.exists()

    def load(self, corpus):
        self.folder.mkdir(parents=True, exist_ok=True)
        text = self.folder / "journal.txt"
        if not text.exists():
            with open(text, "w", encoding="utf-8") as out:
                for entry in corpus.entries():
                    out.write(f"[{entry['created_at'][:16].replace('T', ' ')}] {entry['title']}.\n{entry['content']}\n\n")
        (self.folder / "jrnl.yaml").write_text(
            f"journals:\n  default: {text}\neditor: ''\nencrypt: false\ndefault_hour: 9\ndefault_minute: 0\n"
            "timeformat: '%F %H:%M'\ntagsymbols: '@'\nhighlight: true\nlinewrap: 79\nversion: v4.2\n",
            encoding="utf-8",
        )

    def command(self, *words):
        return [str(self.program), "--config-file", str(self.folder / "jrnl.yaml"), *words]

    def way(self, *words):
        return Way(lambda turn: self.command(*words), self.environment)

    def search(self, query):
        return self.command("-contains", query.strip('"').split()[0], "-n", "10")
