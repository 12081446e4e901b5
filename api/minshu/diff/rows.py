"""The SQL that finds which rows of a table were added, removed and changed. Pure text.

What is found is a table of positions, `old_row` and `new_row` counted from 0, of every row that differs: enough to
count, to page and to print by, and small where little changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minshu.diff.values import comparable
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn

REMOVED, ADDED, CHANGED = 0, 1, 2
_COLUMNS = "kind utinyint, old_row bigint, new_row bigint"


@dataclass(frozen=True)
class FieldPair:
    """A field of both sides: where it stands on each, and how its values are compared."""

    name: str
    old: str
    new: str

    @property
    def same(self) -> str:
        """SQL: whether the values of both sides are the same, null being the same as null."""
        return f"{self.old} is not distinct from {self.new}"


@dataclass(frozen=True)
class TablePair:
    """A table of both sides, each as a FROM clause: the fields that both have, and those of them that pair rows.

    There is no key where the rows of one side have none.
    """

    old: str
    new: str
    fields: tuple[FieldPair, ...]
    key: tuple[FieldPair, ...] = ()

    @property
    def values(self) -> tuple[FieldPair, ...]:
        """The fields that may differ in rows of the same key."""
        return tuple(field for field in self.fields if field not in self.key)


def field_pair(old: Sequence[ReleasedColumn], new: Sequence[ReleasedColumn], was: str, name: str) -> FieldPair:
    """The pair of a field that was called `was`, of columns `o.cN` and `n.cN`."""
    before = next(position for position, column in enumerate(old) if column.name == was)
    after = next(position for position, column in enumerate(new) if column.name == name)
    here, there = comparable(old[before], new[after])
    return FieldPair(name, here(f"o.c{before}"), there(f"n.c{after}"))


def is_no_key(relation: str, fields: Sequence[str]) -> str:
    """SQL: whether two rows have the same values of these fields, or one has none of one."""
    missing = " or ".join(f"{field} is null" for field in fields)
    grouped = f"select 1 from {relation} group by {', '.join(fields)} having count(*) > 1 or bool_or({missing})"
    return f"select exists ({grouped})"


def prove_equal(pair: TablePair, candidates: Sequence[FieldPair]) -> str:
    """SQL, in one row: how many rows the key pairs, and of each candidate, if its values are the same, and how many.

    Nulls are no values, so that a field without any proves nothing.
    """
    proofs = "".join(f", bool_and({field.same}), count({field.old})" for field in candidates)
    return f"select count(*){proofs} from {pair.old} join {pair.new} on {_on_key(pair)}"


def find_by_key(pair: TablePair, target: str) -> list[str]:
    """SQL statements that make the table of positions, with a column `dN` for each value: whether it differs."""
    flags = "".join(f", not ({field.same}) as d{position}" for position, field in enumerate(pair.values))
    differing = " or ".join(["o.rowid is null", "n.rowid is null", *(f"not ({item.same})" for item in pair.values)])
    kind = f"case when n.rowid is null then {REMOVED} when o.rowid is null then {ADDED} else {CHANGED} end"
    return [
        f"create table {quoted(target)} as select cast({kind} as utinyint) as kind, o.rowid as old_row,"
        f" n.rowid as new_row{flags} from {pair.old} full join {pair.new} on {_on_key(pair)} where {differing}"
    ]


def find_by_value(pair: TablePair, target: str) -> list[str]:
    """SQL statements that make the table of positions of rows that have no key.

    Rows with the same values are counted on both sides. Where one has more of them, its last are those that differ.
    """
    if not pair.fields:
        return [
            f"create table {quoted(target)} ({_COLUMNS})",
            f"insert into {quoted(target)} select {REMOVED}, o.rowid, null from {pair.old}",
            f"insert into {quoted(target)} select {ADDED}, null, n.rowid from {pair.new}",
        ]
    groups = quoted(f"{target}_groups")
    named = ", ".join(f"v{position}" for position in range(len(pair.fields)))
    old = ", ".join(f"{field.old} as v{position}" for position, field in enumerate(pair.fields))
    new = ", ".join(f"{field.new} as v{position}" for position, field in enumerate(pair.fields))
    return [
        f"create table {groups} as select {named}, sum(o) as o, sum(n) as n from ("
        f"select {old}, 1 as o, 0 as n from {pair.old} union all select {new}, 0 as o, 1 as n from {pair.new}"
        f") group by {named} having sum(o) <> sum(n)",
        f"create table {quoted(target)} ({_COLUMNS})",
        f"insert into {quoted(target)} select {REMOVED}, r, null from"
        f" ({_numbered(pair.old, 'o', [field.old for field in pair.fields], groups)}) where k > n",
        f"insert into {quoted(target)} select {ADDED}, null, r from"
        f" ({_numbered(pair.new, 'n', [field.new for field in pair.fields], groups)}) where k > o",
        f"drop table {groups}",
    ]


def count_kinds(target: str, values: int) -> str:
    """SQL, in one row: the rows removed, added and changed, and the changed cells of each value."""
    kinds = ", ".join(f"count(*) filter (kind = {kind})" for kind in (REMOVED, ADDED, CHANGED))
    cells = "".join(f", count(*) filter (kind = {CHANGED} and d{position})" for position in range(values))
    return f"select {kinds}{cells} from {quoted(target)}"


def some_rows(relation: str, alias: str, width: int, rows: Sequence[int]) -> str:
    """A relation of some rows of another, by their positions: DuckDB reads no more than these of it."""
    columns = [f"c{position}" for position in range(width)]
    selected = ", ".join(f"{alias}.{name}" for name in (*columns, "rowid"))
    where = f"{alias}.rowid in ({', '.join(map(str, rows)) or 'null'})"
    return f"(select {selected} from {relation} where {where}) as {alias}({', '.join([*columns, 'rowid'])})"


def given_positions(positions: Sequence[tuple[int, int | None, int | None]]) -> str:
    """A relation of positions that are known: a kind, an old row and a new one each."""
    rows = ", ".join(f"({kind:d}, {_number(old)}, {_number(new)})" for kind, old, new in positions)
    return (
        f"(select * from (values {rows or '(null, null, null)'}) as v(kind, old_row, new_row) where kind is not null)"
    )


def _number(value: int | None) -> str:
    return "cast(null as bigint)" if value is None else f"cast({value:d} as bigint)"


def in_order(target: str) -> str:
    """SQL for the positions in the order that rows are told in."""
    return f"select kind, old_row, new_row from {quoted(target)} order by kind, coalesce(new_row, old_row)"


def first_of_each_kind(target: str, most: int) -> str:
    """A relation of some positions: the first rows of each kind."""
    order = "row_number() over (partition by kind order by coalesce(new_row, old_row))"
    return f"(select * from {quoted(target)} qualify {order} <= {most:d})"


def _numbered(relation: str, alias: str, values: Sequence[str], groups: str) -> str:
    """The rows of one side in the groups that it has more of, numbered within each."""
    other = "n" if alias == "o" else "o"
    same = " and ".join(f"{value} is not distinct from g.v{position}" for position, value in enumerate(values))
    return (
        f"select {alias}.rowid as r, row_number() over (partition by g.rowid order by {alias}.rowid) as k, g.o, g.n"
        f" from {relation} join {groups} as g on {same} where g.{alias} > g.{other}"
    )


def _on_key(pair: TablePair) -> str:
    return " and ".join(f"{field.old} = {field.new}" for field in pair.key)
