"""What changed between two releases of a dataset, made once and kept: the difference, and where its rows stand."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import pyarrow as pa

from minshu.access import ANYBODY, Reader
from minshu.browse import Library, Release
from minshu.diff import Difference, Side, TableDifference, comparing, released_side
from minshu.diff.cells import BATCH, KINDS, Kind, RowReader
from minshu.diff.lines import told
from minshu.diff.rows import given_positions, in_order, some_rows
from minshu.diff.tables import table_pair
from minshu.errors import BadPage, ResourceNotFound, StoreFailed
from minshu.exports import ExportedFile
from minshu.manifest import ReleasedTable
from minshu.paging import rowid_of, token_for

VERSION: Final = 1
"""Raised when the same two releases are to give other bytes than before."""

TOLD: Final = b"minshu"


@dataclass(frozen=True)
class Kept:
    """How a kept file ends, and what it is."""

    suffix: str
    media_type: str


JSON: Final = Kept(".json", "application/json")
ARROW: Final = Kept(".arrow", "application/vnd.apache.arrow.file")


@dataclass(frozen=True)
class RowsPage:
    """Some rows that differ, ready for JSON, and the token of the page after; None on the last."""

    table: TableDifference
    rows: list[dict[str, Any]]
    next: str | None


class ReleaseDifference:
    """What changed from one release to another. What needs the data of both passes the gate of both."""

    def __init__(self, library: Library, old: Release, new: Release, reader: Reader = ANYBODY) -> None:
        self.old, self.new, self._library, self._reader = old, new, library, reader

    def difference(self) -> Difference:
        """All that changed, with counts: as it was published with the release, else made once and kept."""
        self.admit()
        return self._published or Difference.model_validate_json(_bytes(self._made()))

    def admit(self) -> None:
        """Pass the gate of both releases, unless the difference was published, as metadata. Raises what it does."""
        if self._published is None:
            for release in (self.old, self.new):
                release.database(self._reader)

    def require(self, resource: str) -> None:
        """Pass the gate of both releases to the rows of a table. Raises ResourceNotFound and what the gate does."""
        self.new.table(resource, self._reader)
        if self.old.has_table(resource):
            self.old.table(resource, self._reader)
        else:  # What it was called is known when the rows are.
            self.old.database(self._reader)

    def page(self, resource: str, kind: Kind | None, size: int, token: str | None) -> RowsPage:
        """Rows of one table that differ, of one kind or of all, after the page that gave the token.

        Raises ResourceNotFound, BadPage, and what the gate does.
        """
        self.require(resource)
        with pa.memory_map(str(self._positions(resource).path)) as source:
            found = pa.ipc.open_file(source)
            table = TableDifference.model_validate_json(found.schema.metadata[TOLD])
            self.old.table(table.old_name, self._reader)
            first, last = _span(table, kind)
            scope = "\0".join((self.old.sha256, self.new.sha256, resource, kind or ""))
            start = first if token is None else first + rowid_of(scope, token)
            if token is not None and start >= last:
                raise BadPage("This _next points behind the last row.")
            stop = min(start + size, last)
            rows = found.read_all().slice(start, max(stop - start, 0)).to_pylist()
        positions = [(row["kind"], row["old_row"], row["new_row"]) for row in rows]
        following = token_for(scope, stop - first) if stop < last else None
        return RowsPage(table, list(self._rows(table, positions)), following)

    @property
    def _published(self) -> Difference | None:
        """The difference that came with the new release, where it is the one from the old."""
        kept = self.new.difference
        return kept if kept and kept.old.sha256 == self.old.sha256 else None

    def _made(self) -> Path:
        return self._library.kept(self._key(""), JSON, self._write).path

    def _positions(self, resource: str) -> ExportedFile:
        return self._library.kept(self._key(resource), ARROW, lambda out: self._write_positions(resource, out))

    def _key(self, resource: str) -> str:
        return sha256(orjson.dumps(["diff", VERSION, self.old.sha256, self.new.sha256, resource])).hexdigest()

    def _sides(self) -> tuple[Side, Side]:
        old, new = map(released_side, (self.old, self.new))
        return old, new

    def _write(self, out: BinaryIO) -> None:
        with comparing(*self._sides(), self._library.memory, Path(out.name).parent) as comparison:
            out.write(comparison.difference().dumps())

    def _write_positions(self, resource: str, out: BinaryIO) -> None:
        with comparing(*self._sides(), self._library.memory, Path(out.name).parent) as comparison:
            if resource not in comparison.tables():
                raise ResourceNotFound(resource, comparison.tables())
            found = comparison.found(resource)
            fields = [("kind", pa.uint8()), ("old_row", pa.int64()), ("new_row", pa.int64())]
            schema = pa.schema(fields, metadata={TOLD: found.difference.model_dump_json().encode()})
            with pa.ipc.new_file(out, schema) as writer:
                if found.positions:
                    reader = comparison.connection.sql(in_order(found.positions)).to_arrow_reader(BATCH)
                    for batch in reader:
                        writer.write_batch(pa.record_batch(batch.columns, schema=schema))

    def _rows(
        self, table: TableDifference, positions: Sequence[tuple[int, int | None, int | None]]
    ) -> Iterator[dict[str, Any]]:
        """The rows at these positions, read from the databases of both releases."""
        before, after = _entry(self.old, table.old_name), _entry(self.new, table.name)
        old, new = self._sides()
        fields = dict(zip(table.fields, table.old_fields, strict=True))
        with ExitStack() as opened:
            cursor, was = opened.enter_context(self._library.reading(self.old))
            _, is_ = opened.enter_context(self._library.reading(self.new))
            here = some_rows(old.relation(before.name, was, "o"), "o", len(before.columns), _present(positions, 1))
            there = some_rows(new.relation(after.name, is_, "n"), "n", len(after.columns), _present(positions, 2))
            pair = table_pair(before, after, (here, there), fields, table.key)
            for change in RowReader(pair, before, after).read(cursor, given_positions(positions)):
                yield told(table, change)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreFailed(f"Cannot read {path.name}: {error.strerror}.") from error


def _entry(release: Release, name: str) -> ReleasedTable:
    return next(entry for entry in release.manifest.tables if entry.name == name)


def _present(positions: Sequence[tuple[int, int | None, int | None]], at: int) -> list[int]:
    return [row for position in positions if (row := position[at]) is not None]


def _span(table: TableDifference, kind: Kind | None) -> tuple[int, int]:
    """Where the rows of a kind begin and end among all that differ."""
    counts = {"removed": table.rows.removed, "added": table.rows.added, "changed": table.rows.changed}
    if kind is None:
        return 0, sum(counts.values())
    before = sum(counts[name] for name, number in KINDS.items() if number < KINDS[kind])
    return before, before + counts[kind]
