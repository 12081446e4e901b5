"""The process that works on what a stranger sent. It reads one task and writes lines of JSON, the last its outcome.

It holds no secret and may be killed at any instant: what it writes into the store appears whole or not at all.
"""

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, BinaryIO, Final

import orjson

from minshu import confinement
from minshu.errors import IdentityMismatch, InvalidPackage, MinshuError
from minshu.meter import Meter, metered

PAUSE: Final = 0.5
"""Seconds between two words on what was read."""

FILES: Final = 512

Say = Callable[[Mapping[str, Any]], None]


def publish(task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Release the package in a zip under the name and version that it was sent to."""
    from minshu.audit import Actor
    from minshu.catalogue import Catalogue
    from minshu.descriptors import opened
    from minshu.publish import publish as run
    from minshu.settings import Settings
    from minshu.store import Store
    from minshu.versions import AUTO

    settings = Settings(**task["settings"])
    name, version = task["dataset"], task["version"]
    numbered = version != AUTO
    say({"step": "Unpacking the package"})
    with opened(Path(task["upload"]), settings) as package:
        for what, own, given in (("name", package.name, name), ("version", package.version, version)):
            if own is not None and own != given and given != AUTO:
                raise IdentityMismatch(what, own, given)
        rules = Catalogue(settings.catalogue).rules_for(settings.catalogue / "datasets" / name)
        try:
            published = run(
                package.identified(name, version if numbered else None),
                rules,
                Store(settings.store),
                settings,
                lambda step: say({"step": step}),
                Actor("publisher", task["actor"]),
                numbered=numbered,
            )
        except InvalidPackage as error:
            Path(task["report"]).write_bytes(error.report.to_json())  # type: ignore[attr-defined]  # a Report
            raise
    if published.report:
        Path(task["report"]).write_bytes(published.report.to_json())
    return {"created": published.created, "version": published.release.manifest.version}


def validate(task: Mapping[str, Any], _: Say) -> dict[str, Any]:
    """Write the report on what lies at a path, in a format or for a page of the service.

    Nothing is run but what every package is judged by.
    """
    from minshu.descriptors import opened
    from minshu.errors import PackageError
    from minshu.report import Report, package_error
    from minshu.reports import Format, Language, Origin, View, findings, rendered
    from minshu.settings import Settings
    from minshu.validation import validate as run

    path, settings = Path(task["upload"]), Settings(**task["settings"])
    try:
        with opened(path, settings) as package:
            report = run(package, None, settings)
    except PackageError as error:
        report = Report(errors=(package_error(str(error)),))
    # Where it stands here is nobody's business.
    origin = replace(Origin.of(path, path.parent), path=path.name)
    view = View(report, origin, Language(task["language"]), version=task["installed"])
    written = rendered(view, Format(task["format"])) if task["format"] else findings(view)
    Path(task["report"]).write_text(written, "utf-8")
    return {"valid": report.valid}


TASKS: Final[Mapping[str, Callable[[Mapping[str, Any], Say], dict[str, Any]]]] = {
    "publish": publish,
    "validate": validate,
}


def main() -> None:
    """Work on the task that stands in standard input."""
    task = orjson.loads(sys.stdin.buffer.read())
    # Libraries may print: what they say must not be taken for ours.
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    confinement.confine(task["parent"], task["file_bytes"], FILES)
    confinement.bound_processor(int(task["seconds"] * (os.cpu_count() or 1)) + 2)
    _import()
    confinement.bound_memory(task["memory"])
    say = _sayer(sink)
    with metered() as meter:
        Thread(target=_tell, args=(meter, say), daemon=True).start()
        say(_outcome(task, say))
    # What libraries would do at exit is of no use, and a thread may be in the middle of a line.
    os._exit(0)


def _import() -> None:
    """Load what reserves address space before that is counted."""
    import duckdb  # noqa: F401
    import pyarrow  # noqa: F401


def _outcome(task: Mapping[str, Any], say: Say) -> dict[str, Any]:
    try:
        return {"outcome": "done", **TASKS[task["task"]](task, say)}
    except MinshuError as error:
        data = {key: value for key, value in vars(error).items() if key != "report"}
        return {"outcome": "refused", "code": error.code, "detail": str(error), "data": data}
    except MemoryError:
        return {"outcome": "killed"}
    except Exception:  # noqa: BLE001  # Whatever a stranger's file provokes is an answer, and the operator's to read.
        return {"outcome": "broken", "trace": traceback.format_exc()[-20_000:]}


def _sayer(sink: BinaryIO) -> Say:
    writing = Lock()

    def say(line: Mapping[str, Any]) -> None:
        view = memoryview(orjson.dumps(line, default=str) + b"\n")
        with writing:
            while view:
                view = view[sink.write(view) :]

    return say


def _tell(meter: Meter, say: Say) -> None:
    told, pause = (0, 0), Event()
    while not pause.wait(PAUSE):
        if (now := (meter.rows, meter.size)) != told:
            told = now
            say({"rows": meter.rows, "bytes": meter.size})


if __name__ == "__main__":
    main()
