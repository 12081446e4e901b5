"""Stores in which faults are injected, the processes that act there, and the one that reads meanwhile."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# What faults.c knows.
KILL, FULL = 1, 2


@dataclass(frozen=True)
class Outcome:
    """What became of acts that began at the same time: exit codes and last words, how many changes they made to the
    store, and whether the fault was met."""

    codes: list[int]
    words: list[str]
    changes: int
    struck: bool


class Faulty:
    """A folder, and a process whose every change there is counted, and ends or fails at the n-th."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.store, state = folder / "store", folder / "state"
        self.store.mkdir(parents=True)
        state.write_bytes(bytes(32))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
            "LD_PRELOAD": str(library),
            "MINSHU_FAULTS_BELOW": str(self.store),
            "MINSHU_FAULTS_STATE": str(state),
        }
        command = [sys.executable, str(HERE / "actors.py")]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def warm(self, *act: object) -> None:
        """Let the process import what an act takes; the act itself is done where the fault would not see it."""
        self._ask(acts=[["import", [str(word) for word in act]]])

    def run(self, *acts: tuple[object, ...], at: int = 0, fault: int = 0) -> Outcome:
        """Begin these acts at the same time, and wait for all."""
        said = self._ask(acts=[[name, [str(word) for word in words]] for name, *words in acts], at=at, fault=fault)
        codes, words = [act["code"] for act in said["acts"]], [act["words"] for act in said["acts"]]
        return Outcome(codes, words, said["count"], said["done"] > 0)

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _ask(self, **wish: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`faults.c`, compiled."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        reason = "injecting faults takes Linux and a C compiler (on Debian: apt install gcc libc6-dev)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    made = tmp_path_factory.mktemp("faults") / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(HERE / "faults.c"), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return made


@pytest.fixture
def faulty(fault_library: Path, tmp_path: Path) -> Iterator[Callable[[str], Faulty]]:
    """Make a store in which faults are injected."""
    with ExitStack() as open_ones:

        def make(name: str) -> Faulty:
            made = Faulty(tmp_path / name, fault_library)
            open_ones.callback(made.close)
            return made

        yield make
