"""The rows that are looked at one by one: which they are, and their cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minshu.structure.tabulated import Tabulated

GROWTH = 8
MOST_ROWS = 1_000_000
FETCHED = 1_000


@dataclass(frozen=True)
class Lookup:
    """What single rows of a counted table have beyond its totals."""

    table: Tabulated

    def repeated(self, key: tuple[str, ...], limit: int) -> dict[int, int]:
        """The first rows whose key an earlier row has: the row's number, and the latest of the earlier ones."""
        if key not in self._doubles:
            return {}
        found = self.table.run(
            f"with keyed as (select r, {self._doubles[key]} as k from {self._judged}),"
            " doubled as (select k from keyed where k is not null group by k having count(*) > 1),"
            " before as (select r, lag(r) over (partition by k order by r) as p"
            " from keyed where k is not null and k in (select k from doubled))"
            f" select r, p from before where p is not null order by r limit {limit}"
        )
        return dict(found.fetchall())

    def suspects(self, marked: set[int], limit: int) -> Iterator[tuple[int, list[Any]]]:
        """The rows that are not certainly fine and those that keys have marked, in order: their numbers and cells.

        Somewhat more than `limit` of them are asked for at first, for some may turn out to be fine.
        """
        source = self.table.source
        if not self.table.totals.suspects and not marked:
            return
        if source.lines:
            in_order = iter(sorted(marked))
            if self.table.totals.suspects:
                in_order = (row for (row,) in self._found("r", marked, limit))
            yield from source.lines.rows(in_order)
            return
        shape = "n, extra" if source.staged else f"{source.width}, []::varchar[]"
        cells = ", ".join(f"c{position}" for position in range(source.width))
        for row, n, extra, *given in self._found(f"r, {shape}, {cells}", marked, limit):
            yield row, [*given[:n], *extra]

    def _found(self, columns: str, marked: set[int], limit: int) -> Iterator[tuple[Any, ...]]:
        """The columns, the first of which is `r`, of the rows that are suspect or marked, in order."""
        run = self.table.run
        run("create or replace temp table _marked (r bigint)")
        if marked:
            run(f"insert into _marked values {', '.join(f'({row})' for row in sorted(marked))}")
        last, size = 0, limit + 1
        while True:
            found = run(
                f"select {columns} from {self._judged}"
                f" where r > {last} and (s or r in (select r from _marked)) order by r limit {size}"
            )
            count = 0
            fetch: Callable[[], list[Any]] = lambda found=found: found.fetchmany(FETCHED)  # type: ignore[misc]  # noqa: E731
            for batch in iter(fetch, []):
                for row in batch:
                    last, count = row[0], count + 1
                    yield row
            if count < size:
                return
            size = min(size * GROWTH, MOST_ROWS)

    @cached_property
    def _judged(self) -> str:
        """A relation of all rows: their numbers `r`, whether they are suspect, `s`, and their keys that repeat.

        Where the lines of the file tell all else of a row, DuckDB reads what this takes once, and no more of it.
        """
        table, lines = self.table, self.table.source.lines
        told = [f"{table.suspect} as s", *(f"{table.key(key)} as {name}" for key, name in self._doubles.items())]
        if lines is None:
            return f"(select *, {', '.join(told)} from {table.source.numbered})"
        name = f"{table.name}_judged"
        table.run(f"create or replace temp table {name} as select {', '.join(told)} from {table.source.relation}")
        # Rows are inserted in the order of the file, by as many threads as there are; row_number() takes one.
        return f"(select rowid + {lines.first} as r, * from {name})"

    @cached_property
    def _doubles(self) -> dict[tuple[str, ...], str]:
        """The keys that repeat, by the columns that hold their values."""
        return {key: f"k{position}" for position, key in enumerate(sorted(self.table.totals.doubles))}
