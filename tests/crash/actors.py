"""A process that is warm and forks one for each act on a store, so that hundreds of them are killed in a minute.

It is started with `faults.so` loaded, and reads one JSON object a line: `acts`, each a name and its arguments, which
begin at the same time; `at` and `fault`, where to strike and how. It answers each with what became of the acts.
"""

import importlib
import json
import mmap
import os
import struct
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from minshu.acts import purge, withdraw
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.errors import MinshuError
from minshu.publish import publish
from minshu.search import forms
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Scope, Tokens, drawn

TESTER = Actor("tester", "somebody")
STATE = struct.Struct("qqqq")


def publishing(store: str, package: str) -> None:
    # Small tables are searched by an index as well here, for its files are written too.
    settings = Settings(store=Path(store), search_rows=5)
    with opened(Path(package), settings) as found:
        publish(found, None, Store(settings.store), settings)


def importing(store: str, package: str) -> None:
    """Do the act once and tell which modules it took: the parent imports them, so that no other act waits for them."""
    publishing(store, package)
    sys.stdout.write(json.dumps(sorted(sys.modules)))


def withdrawing(store: str, version: str, reason: str) -> None:
    withdraw(Store(Path(store)), "demo", version, reason, TESTER)


def purging(store: str, version: str) -> None:
    purge(Store(Path(store)), "demo", version, "Names of persons.", "A court's order.", TESTER)


def letting(store: str) -> None:
    """Make a token; its hash is drawn before, for that takes its time."""
    identifier, _ = drawn()
    end = datetime.now(UTC) + timedelta(days=1)
    Tokens(AuditLog(Path(store))).enter(identifier, "hash", [Scope.parse("publish:demo")], end, TESTER)


ACTS: dict[str, Callable[..., None]] = {
    "publish": publishing,
    "import": importing,
    "withdraw": withdrawing,
    "purge": purging,
    "token": letting,
}


def forked(name: str, words: list[str]) -> tuple[int, int]:
    """Begin an act in a process of its own; its number, and where its words are read."""
    said, saying = os.pipe()
    pid = os.fork()
    if pid:
        os.close(saying)
        return pid, said
    os.dup2(saying, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    code = 0
    try:
        ACTS[name](*words)
    except MinshuError as error:
        code = 1
        sys.stdout.write(f"{type(error).__name__}: {error}")
    except BaseException:  # noqa: BLE001
        code = 2
        sys.stdout.write(traceback.format_exc())
    sys.stdout.flush()
    os._exit(code)


def outcome(pid: int, said: int) -> dict[str, Any]:
    with os.fdopen(said) as file:
        words = file.read()
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "words": words}


def main() -> None:
    with open(os.environ["MINSHU_FAULTS_STATE"], "r+b") as file:  # noqa: PTH123
        state = mmap.mmap(file.fileno(), STATE.size)
    for line in sys.stdin:
        wish = json.loads(line)
        if wish["acts"][0][0] == "import":
            for module in json.loads(outcome(*forked(*wish["acts"][0]))["words"]):
                if module not in sys.modules:
                    importlib.import_module(module)
            forms()
            answer: dict[str, Any] = {}
        else:
            state[:] = STATE.pack(0, wish["at"], wish["fault"], 0)
            answer = {"acts": [outcome(*begun) for begun in [forked(name, words) for name, words in wish["acts"]]]}
            count, _, _, done = STATE.unpack(state[:])
            answer |= {"count": count, "done": done}
            state[:] = STATE.pack(0, 0, 0, 0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
