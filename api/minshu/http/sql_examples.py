"""Queries to begin with: those that a package declares, and some that its tables are good for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from minshu.access import Reader
from minshu.bilingual import foreign, localized
from minshu.browse import Release
from minshu.identifiers import readable
from minshu.manifest import ReleasedColumn, ReleasedForeignKey, ReleasedTable
from minshu.reports import Language

DECLARED: Final = "minshu:queries"
"""What a package declares them by in its descriptor: a list of objects with a `title` and `sql`."""

DECLARED_MAX: Final = 20
"""How many of a package's own are shown."""

GROUPS_MAX: Final = 50
"""The most different values of a column whose rows are worth counting by it."""

_NUMBERS: Final = ("integer", "number")
_TEXT: Final = "VARCHAR"


@dataclass(frozen=True)
class Example:
    """A query and what it asks, in Chinese and in English. A package's own title may be in both, or in one."""

    zh: str
    en: str
    sql: str


def examples(release: Release, reader: Reader) -> list[Example]:
    """The queries that are offered to a reader of a release. Raises what the gate does."""
    found = list(_declared(release.descriptor))
    tables = [table for table in release.manifest.tables if table.columns]
    if tables:
        # One that names others can be joined, and one of many columns tells most.
        table = max(tables, key=lambda one: (bool(one.rows), bool(one.foreign_keys), len(_own(one))))
        # Releases from before there were statistics have none that can be read at once.
        stats = release.table(table.name, reader).stats()["columns"] if table.stats else []
        distinct = {told["name"]: told.get("distinct", 0) for told in stats}
        found += _first(table), *_counted(table, distinct), *_joined(table, tables)
        found += *_found(table, distinct), *_summed(table)
    return found


def _declared(descriptor: Mapping[str, Any]) -> Iterator[Example]:
    """A package's own queries. What is not one is passed over: the page is not the place to complain."""
    told = descriptor.get(DECLARED)
    for item in told[:DECLARED_MAX] if isinstance(told, list) else ():
        sql, title = (item.get("sql"), item.get("title")) if isinstance(item, dict) else (None, None)
        if isinstance(sql, str) and isinstance(title, str) and sql.strip() and title.strip():
            yield Example(title, title, sql.strip())


def _first(table: ReleasedTable) -> Example:
    zh, en = _called(table)
    return Example(f"{zh}：任意 10 行", f"{en}: any 10 rows", f"SELECT *\nFROM {readable(table.name)}\nLIMIT 10")


def _counted(table: ReleasedTable, distinct: Mapping[str, int]) -> Iterator[Example]:
    """How many rows each value has, of the first column with few values."""
    most = min(GROUPS_MAX, table.rows // 2)
    column = next((one for one in _own(table) if 1 < distinct.get(one.name, 0) <= most), None)
    if column:
        (zh, en), (of_zh, of_en), name = _called(table), _called(column), readable(column.name)
        yield Example(
            f"{zh}：按{of_zh}计数",
            f"{en}: rows for each {of_en}",
            f"SELECT {name}, count(*) AS n\nFROM {readable(table.name)}\nGROUP BY {name}\nORDER BY n DESC, {name}",
        )


def _joined(table: ReleasedTable, tables: Sequence[ReleasedTable]) -> Iterator[Example]:
    """The rows beside those of another table that they name."""
    others = {one.name: one for one in tables if one.name != table.name}
    key = next((key for key in table.foreign_keys if key.resource in others), None)
    if key:
        (zh, en), (of_zh, of_en) = _called(table), _called(others[key.resource])
        yield Example(
            f"{zh}：连接{of_zh}",
            f"{en}: joined to {of_en}",
            f"SELECT a.*, b.{readable(_label(others[key.resource], key))}\n"
            f"FROM {readable(table.name)} AS a\nJOIN {readable(key.resource)} AS b ON {_condition(key)}\nLIMIT 100",
        )


def _label(table: ReleasedTable, key: ReleasedForeignKey) -> str:
    """The column that tells most of a row: the first text that is no key."""
    return next((column.name for column in _own(table) if column.type == _TEXT), key.reference_fields[0])


def _condition(key: ReleasedForeignKey) -> str:
    pairs = zip(key.fields, key.reference_fields, strict=True)
    return " AND ".join(f"a.{readable(own)} = b.{readable(other)}" for own, other in pairs)


def _found(table: ReleasedTable, distinct: Mapping[str, int]) -> Iterator[Example]:
    """The rows with a word that whoever asks fills in, in the text that differs most."""
    texts = [column for column in _own(table) if column.type == _TEXT]
    if texts:
        column = max(texts, key=lambda one: distinct.get(one.name, 0))
        (zh, en), (of_zh, of_en) = _called(table), _called(column)
        yield Example(
            f"{zh}：{of_zh}含某个词的行",
            f"{en}: rows with a word in {of_en}",
            f"SELECT *\nFROM {readable(table.name)}\nWHERE contains({readable(column.name)}, $word)",
        )


def _summed(table: ReleasedTable) -> Iterator[Example]:
    """The extremes and the mean of the first column of figures."""
    column = next((one for one in _own(table) if one.field_type in _NUMBERS and one.type != _TEXT), None)
    if column:
        (zh, en), (of_zh, of_en), name = _called(table), _called(column), readable(column.name)
        yield Example(
            f"{zh}：{of_zh}的最小、平均与最大值",
            f"{en}: least, mean and greatest {of_en}",
            f"SELECT count({name}) AS n, min({name}) AS least, avg({name}) AS mean, max({name}) AS greatest\n"
            f"FROM {readable(table.name)}",
        )


def _own(table: ReleasedTable) -> list[ReleasedColumn]:
    """The columns that tell something of a row, and not merely which row is meant."""
    keys = {name for key in table.foreign_keys for name in key.fields} | set(table.primary_key)
    return [column for column in table.columns if column.name not in keys]


def _called(thing: ReleasedTable | ReleasedColumn) -> tuple[str, str]:
    """What something is called in Chinese, and in English where its publisher has English for it."""
    title = localized(Language.en, thing.title or thing.name)
    return localized(Language.zh, thing.title or thing.name), thing.name if foreign(Language.en, title) else title
