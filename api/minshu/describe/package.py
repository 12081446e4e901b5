"""The descriptor that is proposed for data files: Data Package 2.0, with keys, digests and dialects."""

import re
import tempfile
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Final

import duckdb

from minshu.describe.profile import Profile, contained, profile, unique_pair
from minshu.descriptors import NAME, Descriptor
from minshu.errors import Undescribable

PROFILES: Final = "https://datapackage.org/profiles/2.0"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Headers that call a column an identifier, and those that are so common that two tables' have nothing in common.
_KEY = re.compile(r"(.*[_\W])?(id|code|key|uuid)|.*(编号|代码|编码|序号)", re.IGNORECASE)
_COMMON: Final = ("id", "code", "key", "no", "name", "uuid", "编号", "代码", "编码", "序号", "名称")


def described(files: Sequence[Path], folder: Path, name: str | None = None) -> Descriptor:
    """A valid descriptor for the files, whose paths are told relative to `folder`.

    The whole of every file is read. Raises Undescribable for a file outside the folder, or one that no descriptor
    could make valid.
    """
    paths = [_relative(file, folder) for file in files]
    names = table_names(files)
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect(str(Path(scratch) / "texts.duckdb")) as connection:
        profiles = [profile(file, f"t{i}", connection) for i, file in enumerate(files)]
        keys = [_key(found, connection) for found in profiles]
        resources = [
            _resource(found, path, table, key)
            for found, path, table, key in zip(profiles, paths, names, keys, strict=True)
        ]
        _relate(profiles, keys, resources, connection)
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": name or _package_name(folder),
        "version": "0.1.0",
        "resources": resources,
    }


def slug(text: str) -> str:
    """The text as a name that every tool takes: lower case, letters a to z, digits, `_`, `-` and dots; or empty."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:100]


def _package_name(folder: Path) -> str:
    name = slug(folder.resolve().name)
    return name if NAME.fullmatch(name) else "data"


def _relative(file: Path, folder: Path) -> str:
    if not file.is_file():
        raise Undescribable(str(file), "there is no such file")
    try:
        return file.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise Undescribable(str(file), "it lies outside the descriptor's folder, which no path may leave") from error


def table_names(files: Sequence[Path]) -> list[str]:
    """The names of the files' tables, none twice: `table-2` for the second file, where its own name says nothing."""
    names: list[str] = []
    for position, file in enumerate(files, start=1):
        text = slug(file.stem)
        name = text if text and text not in names else f"{text or 'table'}-{position}"
        while name in names:
            name += "-x"
        names.append(name)
    return names


def _resource(found: Profile, path: str, name: str, key: Sequence[str]) -> Descriptor:
    with found.path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    resource: Descriptor = {
        "name": name,
        "type": "table",
        "path": path,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": found.form.encoding,
        "bytes": found.path.stat().st_size,
        "hash": f"sha256:{digest}",
        # Said in full, so that no reader guesses.
        "dialect": {"delimiter": found.form.delimiter, "quoteChar": '"', "skipInitialSpace": False},
        "schema": {
            "$schema": f"{PROFILES}/tableschema.json",
            "fields": [_field(found, position) for position in range(len(found.columns))],
            "missingValues": [""],
        },
    }
    if name != found.path.stem:
        resource["title"] = found.path.stem
    if key:
        resource["schema"]["primaryKey"] = list(key)
    return resource


def _field(found: Profile, position: int) -> Descriptor:
    column = found.columns[position]
    field: Descriptor = {"name": column.name}
    if not _PLAIN.fullmatch(column.name):
        field["title"] = column.name.strip()
    field["type"] = column.type
    if column.missing:
        field["missingValues"] = ["", *column.missing]
    constraints: Descriptor = {}
    if found.complete(position):
        constraints["required"] = True
    if found.unique(position):
        constraints["unique"] = True
    if column.enum:
        constraints["enum"] = list(column.enum)
    return {**field, "constraints": constraints} if constraints else field


def _key(found: Profile, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The primary key to propose: a unique column, one that is called an identifier before others; else a pair."""
    able = [i for i in range(len(found.columns)) if found.unique(i)]
    named = [i for i in able if _KEY.fullmatch(found.columns[i].name.strip())]
    if able:
        return (found.columns[(named or able)[0]].name,)
    pair = unique_pair(found, connection)
    return tuple(found.columns[i].name for i in pair) if pair else ()


def _relate(
    profiles: Sequence[Profile],
    keys: Sequence[Sequence[str]],
    resources: Sequence[Descriptor],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Write the foreign keys into the resources' schemas."""
    for child, own, resource in zip(profiles, keys, resources, strict=True):
        for at, column in enumerate(child.columns):
            if [column.name] == list(own):
                continue
            for parent, key, target in zip(profiles, keys, resources, strict=True):
                if parent is child or len(key) != 1 or column.name not in _referring(key[0], target["name"]):
                    continue
                position = [c.name for c in parent.columns].index(key[0])
                same = parent.columns[position].type == column.type
                if same and contained(child, at, parent, position, connection):
                    reference = {"resource": target["name"], "fields": [key[0]]}
                    keys_of = resource["schema"].setdefault("foreignKeys", [])
                    keys_of.append({"fields": [column.name], "reference": reference})
                    break


def _referring(key: str, table: str) -> tuple[str, ...]:
    """How a column may be called that refers to a table's key: as the key, or as the table and the key."""
    same = () if key.lower() in _COMMON else (key,)
    return (*same, *(f"{word}_{key}" for word in (table, table.removesuffix("s"), table.removesuffix("es"))))
