"""Progress: shown on a terminal, once a second has passed, and nowhere else."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

SPINNER = "from minshu.cli.progress import progress\nwith progress('Working') as step:\n    step('Counting'); "
BYTES = (
    "from minshu.cli.progress import bytes_progress\nwith bytes_progress('Fetching') as advance:\n    advance(5, 10); "
)


def on_a_terminal(program: str) -> str:
    """What a program writes to a stderr that is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env={**os.environ, "TERM": "xterm"}):
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # Linux says EIO where the other end is closed.
                break
            if not chunk:
                break
            written += chunk
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize(("program", "words"), [(SPINNER, "Counting"), (BYTES, "Fetching")])
def test_what_takes_longer_than_a_second_shows_its_step(program: str, words: str) -> None:
    assert words in on_a_terminal(f"{program}import time; time.sleep(1.6)")


@pytest.mark.parametrize(("program", "words"), [(SPINNER, "Counting"), (BYTES, "Fetching")])
def test_what_is_quick_shows_nothing(program: str, words: str) -> None:
    assert words not in on_a_terminal(program)


@pytest.mark.parametrize("program", [SPINNER, BYTES])
def test_nothing_is_shown_where_there_is_no_terminal(program: str) -> None:
    command = [sys.executable, "-c", f"{program}import time; time.sleep(1.2)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("", "")


READING = """
import time
import minshu
from pathlib import Path
from minshu.cli.progress import progress

rows = "".join(f"{number},x\\n" for number in range(1000))
Path("t.csv").write_text("a,b\\n" + rows, "utf-8")
with progress("Validating"):
    minshu.validate("t.csv")
    time.sleep(1.6)
"""


def test_progress_tells_rows_and_bytes_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "150")
    shown = on_a_terminal(READING)
    assert re.search(r"[12],00\d rows, [\d,]+/s, [\d.]+ MB/s", shown)
