"""The gate for personal data: what people can be found by, looked for in every text of a package before its release.

One SQL statement reads a table and returns the cells that look like it; check digits, dates and prefixes are then held
against them here (`minshu.checks`). What is found is counted and shown masked. A report never repeats it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from minshu.descriptors import Descriptor
from minshu.identifiers import literal, quoted
from minshu.loading import ROW, LoadedTable
from minshu.traces import CANDIDATE, CHILD, DATE, KINDS, PATTERNS, candidates, masked

DECLARED = "minshu:personal"
EXAMPLES = 3
BATCH = 10_000
BIRTH = re.compile(r"出生|生日|birth|(?:^|[_\W])dob(?:$|[_\W])", re.IGNORECASE)
PHONE = re.compile(r"手机|电话|联系方式|mobile|phone|(?:^|[_\W])tel(?:$|[_\W])", re.IGNORECASE)
CARDS = re.compile(r"银行卡|卡号|账号|帐号|card|account", re.IGNORECASE)
# Of digits at random one in eleven has an identity number's check digit, one in ten a card's. A column of serial
# numbers is told from a column of persons by that: its hits are reported, but don't bar the release.
CHANCE = 0.5
ENOUGH = 8
# Types whose values say nothing of a person, but for a date of birth; those whose text is looked at as it is written.
UNTRACEABLE = ("boolean", "date", "year", "yearmonth", "time", "datetime")
AS_WRITTEN = ("string", "any", "object", "array", "geojson", "integer", "number")
LEAST_DIGITS = {"identity": 18, "mobile": 11, "card": 15}
RUN = min(LEAST_DIGITS.values())


@dataclass(frozen=True)
class Hit:
    """What was found in one field: what kind, how often, in which rows, and masked examples.

    `bars` is whether an open table with it must not be released.
    """

    table: str
    field: str
    kind: str
    count: int
    rows: tuple[int, ...]
    examples: tuple[str, ...]
    bars: bool

    @property
    def sentence(self) -> str:
        """What was found and what to do, without the secret."""
        named = KINDS[self.kind][self.count > 1]
        where = f"in row{'' if len(self.rows) == 1 else 's'} {', '.join(map(str, self.rows))}"
        return (
            f"The field {self.field!r} holds {self.count:,} {named}, such as {', '.join(self.examples)} {where}. "
            f'Take it out, or say why it is published: "{DECLARED}": "REASON" in the field.'
        )


@dataclass
class _Found:
    """The tally of one kind in one field."""

    count: int = 0
    candidates: int = 0
    rows: list[int] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def add(self, row: int, secret: str, kind: str) -> None:
        self.count += 1
        if len(self.rows) < EXAMPLES and row not in self.rows:
            self.rows.append(row)
            self.examples.append(masked(secret, kind))


@dataclass(frozen=True)
class _Column:
    """A field to be looked at: how SQL reads it as a text, and what is looked for in it."""

    name: str
    text: str
    condition: str
    kinds: frozenset[str]


def scan(table: LoadedTable, connection: duckdb.DuckDBPyConnection, today: date | None = None) -> list[Hit]:
    """What a loaded table holds of persons, in the fields that don't declare it, in the order of its fields."""
    now = today or date.today()
    columns = list(_columns(table, now))
    if not columns:
        return []
    cells = ", ".join(f"case when {column.condition} then {column.text} end" for column in columns)
    either = " or ".join(f"({column.condition})" for column in columns)
    found: dict[tuple[str, str], _Found] = {}
    cursor = connection.execute(f"select {ROW}, {cells} from {quoted(table.name)} where {either}")
    while rows := cursor.fetchmany(BATCH):
        for number, *texts in rows:
            for column, text in zip(columns, texts, strict=True):
                if text is not None:
                    _tally(found, column, number, text, now)
    order = {(column.name, kind): place for place, column in enumerate(columns) for kind in KINDS}
    return [_hit(table, *key, found[key]) for key in sorted(found, key=lambda key: order[key]) if found[key].count]


def _tally(found: dict[tuple[str, str], _Found], column: _Column, number: int, text: str, now: date) -> None:
    for kind, secret, valid in candidates(text, column.kinds, now):
        tally = found.setdefault((column.name, kind), _Found())
        tally.candidates += 1
        if valid:
            tally.add(number, secret, kind)


def _hit(table: LoadedTable, name: str, kind: str, found: _Found) -> Hit:
    by_chance = kind in ("identity", "card") and found.candidates >= ENOUGH and found.count < CHANCE * found.candidates
    bars = kind != "email" and not by_chance
    return Hit(table.name, name, kind, found.count, tuple(found.rows), tuple(found.examples), bars)


def may_be_found(about: Descriptor, cell: str) -> str:
    """SQL: a cell of a valid field, as it is written, may be what `scan` finds.

    `about` is the field's descriptor, `cell` the cell's name. It is asked of cells whose values are known, so that the
    types can be told: it is true of too many cells rather than too few.
    """
    kind, named = about.get("type", "any"), is_birthdate_field(about)
    if declares(about) or (kind in UNTRACEABLE and not named):
        return "false"
    if named or kind not in AS_WRITTEN or about.get("format", "default") != "default":
        return "true"
    if kind in ("integer", "number"):
        return f"strlen({cell}) >= {min(LEAST_DIGITS[kind] for kind in _kinds('BIGINT', about))}"
    values = about.get("constraints", {}).get("enum", ())
    texts = frozenset(kind for kind, _ in PATTERNS)
    if values and not any(True for value in values for _ in candidates(str(value), texts, date.today())):
        return "false"
    return may_hold(cell)


def may_hold(text: str) -> str:
    """SQL: a text looks like it holds what people can be found by, dates of birth apart.

    The expression costs five times what those before it cost, which are true of whatever it matches. In ASCII, that is
    an `@`, or `RUN` characters or more of digits, blanks and hyphens in a row. In a text of less than twice that
    length, all such rows pass over the same place: the first at which one may begin that goes to the end.
    """
    end = f"strlen({text}) - {RUN - 1}"
    digits = f"(strlen({text}) >= {RUN} and substr({text}, {end}) < ':')"
    sieve = f"strlen({text}) <> length({text}) or contains({text}, '@') or strlen({text}) >= {2 * RUN} or {digits}"
    return f"(({sieve}) and regexp_matches({text}, {literal(CANDIDATE)}))"


def is_birthdate_field(described: Mapping[str, object]) -> bool:
    """Whether a field says by its name or title that it holds dates of birth."""
    return any(BIRTH.search(str(described.get(key) or "")) for key in ("name", "title"))


def _columns(table: LoadedTable, now: date) -> Iterator[_Column]:
    described: Mapping[str, Descriptor] = {one["name"]: one for one in table.schema.get("fields", [])}
    for column in table.columns:
        about = described.get(column.name, {"name": column.name})
        if declares(about):
            continue
        name, kinds = quoted(column.name), _kinds(column.type, about)
        text = f"cast({name} as varchar)"
        if column.type == "DATE" and kinds:
            since = literal(f"{now.year - CHILD - 1:04d}-01-01")
            yield _Column(column.name, text, f"{name} >= date {since}", kinds)
        elif "child" in kinds:
            yield _Column(column.name, text, f"regexp_matches({name}, {literal(f'^ *{DATE} *$')})", kinds)
        if kinds - {"child"}:
            yield _Column(column.name, text, may_hold(text), kinds - {"child"})


def declares(described: Mapping[str, object]) -> bool:
    """Whether a field gives its reason for holding what people can be found by."""
    reason = described.get(DECLARED)
    return isinstance(reason, str) and bool(reason.strip())


def _kinds(type_: str, about: Mapping[str, object]) -> frozenset[str]:
    """What is looked for in a column. Amounts look like phones, so whole numbers are phones only where they say so."""
    named = f"{about.get('name') or ''} {about.get('title') or ''}"
    child = {"child"} if is_birthdate_field(about) else set()
    if type_ in ("VARCHAR", "JSON"):
        return frozenset({*(kind for kind, _ in PATTERNS), *child})
    if type_ in ("BIGINT", "HUGEINT") or (type_.startswith("DECIMAL") and type_.endswith(",0)")):
        hinted = {"mobile"} if PHONE.search(named) else set()
        return frozenset({"identity", *hinted, *({"card"} if CARDS.search(named) else set())})
    return frozenset(child) if type_ == "DATE" else frozenset()
