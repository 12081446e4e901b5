"""Code to copy: how a release is taken with the tools that people have. A test runs each of these as it stands.

Pure. Whatever addresses and names are made of, it is quoted as each language quotes.
"""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from minshu.identifiers import literal, quoted

# By itself pandas makes floats of integers where one is missing, which loses digits.
PANDAS: Final = ', dtype_backend="pyarrow"'


@dataclass(frozen=True)
class Recipe:
    """A program of a few lines. `needs` is how its libraries are installed, where it has any."""

    name: str
    label: str
    code: str
    needs: str = ""


@dataclass(frozen=True)
class Taken:
    """What is taken: the addresses of a release's files, and of one of its tables as Parquet."""

    archive: str
    archive_name: str
    archive_sha256: str
    database: str
    dataset: str
    table: str | None = None
    parquet: str | None = None


def recipes(taken: Taken) -> Iterator[Recipe]:
    """The ways to take a release that is open to all: whole, and one table of it where there is one."""
    yield Recipe("curl", "curl", _curl(taken))
    if taken.table is None or taken.parquet is None:
        return
    yield Recipe("pandas", "Python · pandas", _read("pandas", taken.parquet, PANDAS), "pip install pandas pyarrow")
    yield Recipe("polars", "Python · polars", _read("polars", taken.parquet), "pip install polars")
    yield Recipe("duckdb", "DuckDB", _duckdb(taken.parquet, taken.database, taken.dataset, taken.table))


def with_token(taken: Taken) -> Recipe:
    """How a release is taken by who was granted it."""
    return Recipe("curl", "curl", _curl(taken, '-H "Authorization: Bearer $TOKEN" '))


def _curl(taken: Taken, header: str = "") -> str:
    sum_ = f"{taken.archive_sha256}  {taken.archive_name}"
    return (
        f"curl --fail --remote-name {header}{shlex.quote(taken.archive)}\necho {shlex.quote(sum_)} | sha256sum --check"
    )


def _read(library: str, parquet: str, options: str = "") -> str:
    return f"import {library}\n\ntable = {library}.read_parquet({json.dumps(parquet)}{options})\nprint(table)"


def _duckdb(parquet: str, database: str, dataset: str, table: str) -> str:
    return (
        f"FROM {literal(parquet)} LIMIT 10;\n\n"
        f"ATTACH {literal(database)} AS {quoted(dataset)} (READ_ONLY);\n"
        f"FROM {quoted(dataset)}.{quoted(table)} LIMIT 10;"
    )
