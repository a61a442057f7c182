"""The architecture's own queries on a local PostgreSQL: as written, and with the index they need."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

# The search of the architecture, as written: each row's text is analysed for each question.
AS_WRITTEN = """SELECT e.id, e.title, e.entry_date,
    ts_rank(setweight(to_tsvector('english', coalesce(e.title, '')), 'A') ||
            setweight(to_tsvector('english', e.content), 'B'), plainto_tsquery('english', '{text}')) AS rank,
    ts_headline('english', e.content, plainto_tsquery('english', '{text}'), 'MaxWords=35, MinWords=15') AS snippet
FROM journal_entries e
WHERE (setweight(to_tsvector('english', coalesce(e.title, '')), 'A') ||
       setweight(to_tsvector('english', e.content), 'B')) @@ plainto_tsquery('english', '{text}')
ORDER BY rank DESC LIMIT 10"""

# The same with the vector kept in a column, indexed, and headlines for what is shown only.
INDEXED = """SELECT id, title, entry_date, rank,
    ts_headline('english', content, plainto_tsquery('english', '{text}'), 'MaxWords=35, MinWords=15') AS snippet
FROM (SELECT e.*, ts_rank(content_vector, plainto_tsquery('english', '{text}')) AS rank FROM journal_entries e
      WHERE content_vector @@ plainto_tsquery('english', '{text}') ORDER BY rank DESC LIMIT 10) best
ORDER BY rank DESC"""


class Postgres:
    """A server of this run's own, on a unix socket."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        self.programs = Path(found[-1]).parent if found else None
        self.server = None
        # As a user calls it: with Debian a Perl script around the program, which takes some 60 ms.
        self.psql = "psql"

    def there(self):
        return self.programs is not None and shutil.which("psql") is not None

    def start(self, more=()):
        """Starts it, with these settings besides. Every commit is on the disk when it returns."""
        self.folder = Path(tempfile.mkdtemp(prefix="jbench-", dir="/tmp"))
        account = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            account = dict(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        common = dict(cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account)
        data = self.folder / "data"
        subprocess.run(
            [self.programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"],
            check=True,
            **common,
        )
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "shared_buffers=512MB", "jit=off", *more]
        arguments = [argument for setting in settings for argument in ("-c", setting)]
        self.server = subprocess.Popen([self.programs / "postgres", "-D", data, *arguments], **common)
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-U", "postgres", "-t", "30"]
        while subprocess.run(ready, check=False).returncode:
            pass

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
            self.server = None
            shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, sql, database="postgres"):
        return [str(self.psql), "-XAtq", "-h", str(self.folder), "-U", "postgres", "-d", database, "-c", sql]

    def load(self, corpus):
        self.execute(
            "CREATE TABLE journal_entries(id uuid PRIMARY KEY, title varchar(500), content text NOT NULL, entry_date date,"
            " created_at timestamptz, mood_score decimal(3,2));"
        )
        rows = subprocess.Popen(
            self.command("COPY journal_entries FROM STDIN WITH (FORMAT csv)"), stdin=subprocess.PIPE, text=True
        )
        quoted = lambda text: '"' + str(text).replace('"', '""') + '"'
        for entry in corpus.entries():
            fields = ["id", "title", "content", "entry_date", "created_at", "mood_score"]
            rows.stdin.write(",".join(quoted(entry[field]) for field in fields) + "\n")
        rows.stdin.close()
        assert rows.wait() == 0
        self.execute("VACUUM ANALYZE journal_entries")

    def index(self):
        self.execute(
            "ALTER TABLE journal_entries ADD COLUMN content_vector tsvector GENERATED ALWAYS AS ("
            "setweight(to_tsvector('english', coalesce(title, '')), 'A') || setweight(to_tsvector('english', content), 'B')"
            ") STORED"
        )
        self.execute("CREATE INDEX ON journal_entries USING gin(content_vector)")
        self.execute("VACUUM ANALYZE journal_entries")

    def execute(self, sql, database="postgres"):
        subprocess.run(self.command(sql, database), check=True, stdout=subprocess.DEVNULL)

    def value(self, sql, database="postgres"):
        done = subprocess.run(self.command(sql, database), check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def search(self, query, indexed):
        text = query.strip('"').replace("'", "''")
        return self.command((INDEXED if indexed else AS_WRITTEN).format(text=text))
