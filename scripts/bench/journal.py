"""The program, in a folder and with a configuration of this run's own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from measure import Way, run


class Journal:
    def __init__(self, program, folder, models):
        self.program, self.folder = Path(program).resolve(), Path(folder)
        self.data = self.folder / "journal"
        self.config = self.folder / "config.toml"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text('analyze = "manual"\nmodel_idle_seconds = 600\n', encoding="utf-8")
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "TZ", "LANG")}
        self.environment = dict(keep, HOME=str(home), JOURNAL_MODEL_PATH=str(models), NO_COLOR="1")

    def command(self, *words):
        return [str(self.program), "--data-dir", str(self.data), "--config", str(self.config), *words]

    def way(self, *words):
        """A command that is the same each turn."""
        return Way(lambda turn: self.command(*words), self.environment)

    def run(self, *words):
        """Seconds and peak bytes of one run."""
        return run(self.command(*words), self.environment, weigh=True)

    def ask(self, *words):
        """What a command says as JSON."""
        return json.loads(run(self.command(*words, "--json"), self.environment, take=True)[2] or b"null")

    def remove(self):
        shutil.rmtree(self.data, ignore_errors=True)

    def stop_server(self):
        """Ends the model servers that were started from here."""
        subprocess.run(["pkill", "-TERM", "-f", f"journal-model.*{self.folder}"], check=False)
