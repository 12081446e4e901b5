"""The Table Schemas of the catalogue, as they are edited in `schemas/`."""

from pathlib import Path

from minshu.errors import FileNotInRelease

SUFFIX = ".json"


def read_schema(folder: Path, name: str, table: str) -> bytes:
    """The schema `folder/name/table.json`. Raises FileNotInRelease where there is none.

    The folder is listed, rather than a path made of a stranger's text.
    """
    wanted = f"{name}/{table}{SUFFIX}"
    for path in folder.glob(f"*/*{SUFFIX}"):
        if path.relative_to(folder).as_posix() == wanted and path.is_file():
            return path.read_bytes()
    raise FileNotInRelease(wanted)
