"""What is asked of the rows of a table, as SQL that a person reads, runs and goes on from."""

import re
from typing import Final

from minshu.filters import RowQuery
from minshu.identifiers import literal, quoted
from minshu.manifest import ReleasedTable

# A parameter, which is always cast to the type that it is compared as, or a column by its number.
_PLACE: Final = re.compile(r"CAST\(\? AS (?P<type>[A-Z_]+(?: [A-Z]+)*(?:\(\d+,\d+\))?)\)|\bcolumn_(?P<column>\d+)\b")


def row_sql(table: ReleasedTable, query: RowQuery, limit: int) -> str:
    """The query as one SELECT, of which the condition is the one that finds the rows of a page."""
    where = _where(table, query)
    names = ", ".join(map(quoted, query.columns)) if query.columns else "*"
    order = ", ".join(f"{quoted(key.column)} {'DESC' if key.descending else 'ASC'} NULLS LAST" for key in query.sort)
    lines = [
        f"SELECT {names}",
        f"FROM {quoted(table.name)}",
        *([f"WHERE {where}"] if where else []),
        *([f"ORDER BY {order}"] if order else []),
        f"LIMIT {limit:d}",
    ]
    return "\n".join(lines)


def _where(table: ReleasedTable, query: RowQuery) -> str:
    """The condition with names and values written into it, all at once: so neither is read as a place for the other."""
    if not query.is_narrow:
        return ""
    names = [column.name for column in table.columns]
    sql, values = query.where_sql(lambda name: f"column_{names.index(name)}")
    left = iter(values)

    def written(place: re.Match[str]) -> str:
        return quoted(names[int(place["column"])]) if place["column"] else _value(next(left), place["type"])

    return _PLACE.sub(written, sql)


def _value(text: str, kind: str) -> str:
    """A value of a type, in its shortest form."""
    match kind:
        case "VARCHAR":
            return literal(text)
        case "BIGINT":
            return text
        case "DATE":
            return f"DATE {literal(text)}"
    return f"CAST({literal(text)} AS {kind})"
