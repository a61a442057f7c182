"""Whole processes, timed from their start to their end, and weighed by their greatest resident size."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

GNU_TIME = shutil.which("time")


@dataclass
class Timing:
    """Runs of one command: seconds each, and the greatest resident size in bytes."""

    seconds: list = field(default_factory=list)
    peak: int = 0

    @property
    def p50(self):
        return statistics.median(self.seconds)

    @property
    def p95(self):
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


class Failed(Exception):
    pass


def run(command, environment=None, stdin=None, take=False, weigh=False):
    """Runs a command; gives seconds, its peak bytes if it is to be weighed, and its output if that is asked for.

    The greatest size that the system reports of a child begins with that of its parent, which would be this
    interpreter: so GNU time, which is small, starts what is weighed.
    """
    note = None
    if weigh and GNU_TIME:
        note = tempfile.NamedTemporaryFile(mode="r")
        command = [GNU_TIME, "--quiet", "-f", "%M", "-o", note.name, *command]
    out = subprocess.PIPE if take else subprocess.DEVNULL
    source = open(stdin, "rb") if stdin else subprocess.DEVNULL
    since = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=source, stdout=out, stderr=subprocess.PIPE, close_fds=False
    )
    output = process.stdout.read() if take else b""
    complaint = process.stderr.read()
    process.wait()
    seconds = time.perf_counter() - since
    if stdin:
        source.close()
    process.stderr.close()
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))[:200]}: {complaint.decode(errors='replace')[-2000:]}")
    peak = int(note.read()) * 1024 if note else 0
    return seconds, peak, output


@dataclass
class Way:
    """One way to do something: the command of each turn, the environment, what is done before it untimed."""

    command: Callable
    environment: Optional[dict] = None
    before: Optional[Callable] = None
    # Whether an exit code other than 0 only means that nothing was found.
    may_find_nothing: bool = False


def turns(ways, rounds, warm=1):
    """Times several ways in turn, so that a noisy moment meets all of them. In the first, warm, turns they are
    weighed and not timed."""
    timings = {name: Timing() for name in ways}
    for turn in range(-warm, rounds):
        for name, way in ways.items():
            if way.before:
                way.before(max(turn, 0))
            command = way.command(max(turn, 0))
            if way.may_find_nothing:
                command = ["sh", "-c", '"$@" || true', "sh", *command]
            seconds, peak, _ = run(command, way.environment, weigh=turn < 0)
            timings[name].peak = max(timings[name].peak, peak)
            if turn >= 0:
                timings[name].seconds.append(seconds)
    return timings


def machine():
    """One line about where this ran."""
    name = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = os.getloadavg()[0]
    return f"{name}, {os.cpu_count()} cores, {pages / 2**30:.0f} GiB, load {load:.1f}, Python {sys.version.split()[0]}"


def files_size(folder):
    """Bytes of all files below a folder."""
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)
