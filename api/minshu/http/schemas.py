"""The Table Schemas of the catalogue, as they are edited in `schemas/`."""

from pathlib import Path

from minshu.descriptors import NAME
from minshu.errors import NotFound


def read_schema(folder: Path, name: str, table: str) -> bytes:
    """The schema `folder/name/table.json`. Raises NotFound where there is none.

    The table's file is looked for among those there are, rather than opened by a stranger's text.
    """
    if NAME.match(name):
        for path in (folder / name).glob("*.json"):
            if path.stem == table and path.is_file():
                return path.read_bytes()
    raise NotFound(f"The catalogue has no schema {f'{name}/{table}.json'!r}.")
