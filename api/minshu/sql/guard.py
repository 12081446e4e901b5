"""The first wall: what a stranger's statement may be, judged on DuckDB's own parse of it.

Everything is a list of what is allowed - kinds of node, functions, tables - so that what a later DuckDB adds is
refused until someone has thought about it. Parsing itself can take seconds and gigabytes (20,000 open brackets do),
so the guard runs where the statement will: in a worker.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NoReturn

import duckdb
import orjson

from minshu.errors import SqlFailed, SqlRefused, SqlSyntaxError
from minshu.errors.sql import Place
from minshu.sql.functions import FUNCTIONS, OPERATORS, TABLE_FUNCTIONS, VOLATILE, VOLATILE_NAMES, words

MAX_DEPTH = 1000
"""How deeply the parse may nest: some 300 levels of expressions."""

_EXPRESSIONS = words(
    """
BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR PARAMETER
POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW
"""
)

_NODES = words(
    """
SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE
BASE_TABLE EMPTY EXPRESSION_LIST JOIN PIVOT SUBQUERY TABLE_FUNCTION
ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER
ORDER_DEFAULT ASCENDING DESCENDING
"""
)

_REFUSED = {
    "SHOW_REF": "DESCRIBE, SHOW and SUMMARIZE are not answered here. The list of tables tells their columns.",
    "INSERT_QUERY_NODE": "INSERT is not allowed: a release never changes.",
    "UPDATE_QUERY_NODE": "UPDATE is not allowed: a release never changes.",
    "DELETE_QUERY_NODE": "DELETE is not allowed: a release never changes.",
    "COPY_QUERY_NODE": "COPY is not allowed. Ask for the answer in another format instead.",
}

_SYSTEM = ("duckdb_", "pg_", "pragma_", "sqlite_", "information_schema")

Tables = Mapping[str, Iterable[str]]
"""Table names by the alias of their release; the main release's alias is the empty string."""


@dataclass(frozen=True)
class Verdict:
    """What a statement that may be run reads, each with its first place, and whether its answer may be kept."""

    tables: Mapping[tuple[str, ...], Place | None]
    volatile: bool


class Guard:
    """Judges statements with a DuckDB of its own, and remembers its verdicts by their text."""

    def __init__(self, max_text: int) -> None:
        self._max_text = max_text
        self._parser = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "64MB"})
        self._parser.execute("SET lock_configuration=true")
        self._judged = lru_cache(1024)(self._judge)

    def check(self, text: str, tables: Tables) -> Verdict:
        """The verdict on a statement over these tables.

        Raises SqlSyntaxError, SqlRefused, or SqlFailed for a table that does not exist.
        """
        if len(text) > self._max_text:
            raise SqlRefused(f"The statement has {len(text)} characters. At most {self._max_text} are allowed.")
        verdict = self._judged(text)
        known = {(_lower(alias), _lower(name)) for alias, names in tables.items() for name in names}
        for path, place in verdict.tables.items():
            if _resolved(path) not in known:
                _refuse_table(path, place, tables)
        return verdict

    def close(self) -> None:
        """Let go of the parser."""
        self._parser.close()

    def _judge(self, text: str) -> Verdict:
        return judged(self._parse(text), text)

    def _parse(self, text: str) -> Any:
        """The statement's parse as DuckDB's own JSON."""
        options = "skip_empty := true, skip_null := true"
        [(answer,)] = self._parser.execute(f"SELECT json_serialize_sql(?::VARCHAR, {options})", [text]).fetchall()
        try:
            parse = orjson.loads(answer)
        except orjson.JSONDecodeError as error:  # orjson gives up at 1,024 levels
            raise SqlRefused("The statement nests too deeply.") from error
        if parse["error"]:
            _refuse_parse(parse, text)
        statements = parse.get("statements", [])
        if not statements:
            raise SqlSyntaxError("There is no statement in the text.", Place.of(text, 0))
        if len(statements) > 1:
            raise SqlRefused(f"There are {len(statements)} statements in the text. Ask for one SELECT at a time.")
        return statements[0]


def judged(statement: Any, text: str) -> Verdict:
    """Walk the parse of a text, refuse what is not allowed in it, and collect the tables that it reads."""
    tables: dict[tuple[str, ...], Place | None] = {}
    volatile = False
    pending: list[tuple[Any, frozenset[str], int]] = [(statement, frozenset(), 0)]
    while pending:
        value, scope, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise SqlRefused("The statement nests too deeply.")
        if isinstance(value, list):
            pending.extend((item, scope, depth + 1) for item in value)
        elif isinstance(value, dict):
            volatile = volatile or _is_volatile(value)
            path = _table(value)
            if path and not (len(path) == 1 and path[0] in scope):
                tables.setdefault(path, _place(value, text))
            _check(value, text)
            pending.extend((part, inner, depth + 1) for part, inner in _parts(value, scope))
    return Verdict(tables, volatile)


def _check(value: dict[str, Any], text: str) -> None:
    """Refuse an expression, a node or a function that is not allowed."""
    kind, name = value.get("type"), _lower(value.get("function_name", ""))
    if "class" in value:
        if value["class"] not in _EXPRESSIONS:
            raise SqlRefused(f"Expressions of the kind {value['class']} are not allowed.", _place(value, text))
        if name and name not in FUNCTIONS:
            _refuse_function(name, _place(value, text))
    elif isinstance(kind, str) and kind not in _NODES and not kind.endswith("_TYPE_INFO"):
        reason = _REFUSED.get(kind, f"Only SELECT over the tables of the release is allowed, not {kind}.")
        raise SqlRefused(reason, _place(value, text))
    if kind == "TABLE_FUNCTION":
        function = _lower(value["function"].get("function_name", ""))
        if function not in TABLE_FUNCTIONS:
            allowed = ", ".join(sorted(TABLE_FUNCTIONS))
            reason = f"{function or 'This'} is not allowed in FROM. Beside tables there may be {allowed}."
            raise SqlRefused(reason, _place(value, text))


def _parts(value: dict[str, Any], scope: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """The parts of a node, each with the names of the common table expressions that it sees."""
    inside = scope
    # Each expression sees the ones before it, the statement sees all. Itself it sees only if it is recursive.
    for entry in value.get("cte_map", {}).get("map", ()):
        yield entry["value"], inside
        inside |= {_lower(entry["key"])}
    recursive = value.get("type") == "RECURSIVE_CTE_NODE" and "class" not in value
    for key, part in value.items():
        if key == "cte_map":
            continue
        if recursive and key == "right":
            yield part, inside | {_lower(value["cte_name"])}
        elif value.get("type") == "TABLE_FUNCTION" and key == "function":
            # The name was judged as one in FROM, where other functions are allowed; the arguments are ordinary.
            yield {name: item for name, item in part.items() if name != "function_name"}, inside
        else:
            yield part, inside


def _table(value: dict[str, Any]) -> tuple[str, ...] | None:
    """The path of the table that a node names, in lower case."""
    if value.get("type") != "BASE_TABLE" or "class" in value:
        return None
    parts = (value.get(key) for key in ("catalog_name", "schema_name", "table_name"))
    path = tuple(_lower(part) for part in parts if part)
    named = tuple(_lower(part) for part in value.get("qualified_name", {}).get("path", path))
    if path != named:  # the two ways in which DuckDB 2.0 writes a name
        raise SqlRefused("The name of a table cannot be read for certain. Write it as alias.table.")
    return path


def _resolved(path: tuple[str, ...]) -> tuple[str, str] | None:
    """(alias, table) of a path as DuckDB would resolve it; the main release's alias is the empty string."""
    match path:
        case (table,) | ("main", table):
            return "", table
        case (alias, table) | (alias, "main", table):
            return alias, table
    return None


def _is_volatile(value: dict[str, Any]) -> bool:
    """Whether a node asks for the time or for chance."""
    names = value.get("column_names", [])
    bare = len(names) == 1 and _lower(names[0]) in VOLATILE_NAMES
    return bare or bool(value.get("sample")) or _lower(value.get("function_name", "")) in VOLATILE


def _place(value: dict[str, Any], text: str) -> Place | None:
    """Where a node of the parse stands in the text; DuckDB has a huge number where it knows of none."""
    offset = value.get("query_location")
    return Place.of_byte(text, offset) if isinstance(offset, int) else None


def _refuse_parse(parse: Mapping[str, Any], text: str) -> NoReturn:
    if parse.get("error_type") != "parser":
        hint = " PIVOT needs its columns named: PIVOT … ON column IN (…)." if "pivot" in text.lower() else ""
        raise SqlRefused(f"Only a SELECT is allowed here.{hint}")
    if "expression depth" in parse["error_message"]:
        raise SqlRefused("The statement nests too deeply.")
    place = None
    if str(parse.get("position", "")).isdigit():
        position = int(parse["position"])
        # DuckDB 2.0 counts bytes.
        place = Place.of_byte(text, position) if "location" in parse else Place.of(text, position)
    raise SqlSyntaxError(f"The SQL cannot be parsed: {parse['error_message'].rstrip('.')}.", place)


def _refuse_function(name: str, place: Place | None) -> NoReturn:
    meant = get_close_matches(name, FUNCTIONS - OPERATORS, 3)
    hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
    raise SqlRefused(f"The function {name} is not allowed: only functions that work on values are.{hint}", place, meant)


def _refuse_table(path: tuple[str, ...], place: Place | None, tables: Tables) -> NoReturn:
    known = [name if not alias else f"{alias}.{name}" for alias, names in tables.items() for name in names]
    shown = ", ".join(sorted(known)[:50]) + (", …" if len(known) > 50 else "")
    name = ".".join(path)
    if path[0].startswith(_SYSTEM) or len(path) > 2 or "/" in name:
        raise SqlRefused(f"Only the tables of the release can be read, not {name!r}. Tables: {shown}.", place)
    meant = get_close_matches(name, known, 3)
    hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
    raise SqlFailed(f"There is no table {name!r}.{hint} Tables: {shown}.", place, meant)


_ASCII = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _lower(name: str) -> str:
    """Lower case as DuckDB compares names: ASCII only (`str.lower` makes a `k` of the Kelvin sign)."""
    return name.translate(_ASCII)
