"""Names and texts in SQL, where they cannot be bound as parameters."""

import re
from typing import Final

# What DuckDB 1.5 and 2.0 call keywords that are not free to be the name of whatever one likes (`duckdb_keywords`).
_KEYWORDS: Final = """
all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit boolean both
by case cast char character check coalesce collate collation column columns concurrently constraint create cross dec
decimal default deferrable desc describe distinct do else end except exists extract false fetch float for foreign
freeze from full generated glob group grouping grouping_id having ilike in initially inner inout int integer intersect
interval into is isnull join lambda lateral leading left like limit map national natural nchar none not notnull null
nullif numeric offset on only or order out outer overlaps overlay pivot pivot_longer pivot_wider placing position
positional precision primary qualify real references returning right row select semi setof show similar smallint some
struct substring summarize symmetric table tablesample then time timestamp to trailing treat trim true try_cast tuple
union unique unpack unpivot using values varchar variadic verbose when where window with xmlattributes xmlconcat
xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
KEYWORDS: Final = frozenset(_KEYWORDS.split())
"""Names that have to be quoted where they are those of tables or columns."""

_PLAIN: Final = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*")


def quoted(name: str) -> str:
    """The name as an SQL identifier, whatever characters it is made of."""
    return '"' + name.replace('"', '""') + '"'


def readable(name: str) -> str:
    """The name as an SQL identifier, for people to read: quoted only where it has to be."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in KEYWORDS else quoted(name)


def literal(text: str) -> str:
    """The text as an SQL string: for the path of an ATTACH or COPY, which DuckDB does not let us bind."""
    return "'" + text.replace("'", "''") + "'"
