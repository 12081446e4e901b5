"""How each measure counts: small pure functions from what is known of a dataset to the numbers of its figure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from minshu.manifest import COMPANIONS, PACKAGE, ReleasedTable
from minshu.metadata.core_catalogue import ITEMS, Described
from minshu.opening import ATTRIBUTE, OPENING, Attribute
from minshu.scorecard.facts import DataFile, Facts, Known
from minshu.scorecard.figure import Counted, Input
from minshu.scorecard.lists import DAYS, INTERVALS, OPEN_LICENCES, PIECES, TINY, UNTIMED

READMES: Final = tuple(name for name in COMPANIONS if name.startswith("README"))
CHANGELOG: Final = "CHANGELOG.md"


def readable_files(facts: Facts, _: Known) -> Counted:
    """Of its files those that a program can read, by format."""
    return _by_format(facts.files, {file.path: 1 for file in facts.files})


def readable_bytes(facts: Facts, _: Known) -> Counted:
    """The same by bytes."""
    return _by_format(facts.files, {file.path: file.bytes for file in facts.files})


def _by_format(files: tuple[DataFile, ...], sizes: Mapping[str, int]) -> Counted:
    whole: Counter[str] = Counter()
    readable: Counter[str] = Counter()
    for file in files:
        whole[file.format] += sizes[file.path]
        readable[file.format] += sizes[file.path] if file.is_readable else 0
    return Counted(tuple(Input(name, readable[name], size) for name, size in sorted(whole.items())))


def api(facts: Facts, _: Known) -> Counted:
    """Whether rows of it are answered to whoever may have them. What is closed as a whole is no open dataset."""
    names = [str(resource.get("name")) for resource in facts.resources]
    if all(_is_closed(facts, name) for name in names):
        return Counted(status="not-open")
    answering = [table for table in facts.manifest.tables if not _is_closed(facts, table.name)]
    return Counted((Input(facts.name, int(bool(answering)), 1, f"{len(answering)}/{len(names)}"),))


def _is_closed(facts: Facts, name: str) -> bool:
    """Whether a resource is given to nobody."""
    return facts.openings.of(name).attribute is Attribute.closed


def no_login(facts: Facts, _: Known) -> Counted:
    """Of its resources those that everybody is given, by attribute."""
    attributes = Counter(facts.openings.of(str(one.get("name"))).attribute for one in facts.resources)
    is_open = Attribute.unconditional
    return Counted(tuple(Input(str(one), n if one is is_open else 0, n) for one, n in sorted(attributes.items())))


def licence(facts: Facts, _: Known) -> Counted:
    """Whether everything that is open to all is under a licence that is known to be open."""
    own = _licences(facts.descriptor)
    held = [_licences(one) or own for one in facts.resources if facts.openings.of(str(one.get("name"))).is_open]
    if not held:
        return Counted(status="not-open")
    is_known = all(names & OPEN_LICENCES for names in held)
    return Counted((Input(facts.name, int(is_known), 1, ", ".join(sorted(set().union(*held)))),))


def _licences(holder: Mapping[str, Any]) -> frozenset[str]:
    told = holder.get("licenses")
    items = told if isinstance(told, list) else []
    names = (item.get("name") for item in items if isinstance(item, dict))
    return frozenset(name for name in names if isinstance(name, str))


def metadata(facts: Facts, _: Known) -> Counted:
    """Of the named fields those that the publisher has filled in."""
    opening = facts.descriptor.get(OPENING)
    stated = opening if isinstance(opening, dict) else {}
    holders = {"package": facts.descriptor, "opening": stated}
    return Counted(tuple(Input(key, int(_is_told(holders[where].get(key))), 1) for where, key in FIELDS))


FIELDS: Final = (
    *(("package", key) for key in ("title", "description", "keywords", "licenses", "contributors", "sources")),
    *(("opening", key) for key in (ATTRIBUTE, "responsibleParty", "updateFrequency", "dataPeriod")),
)
"""What a publisher is asked to say, each once and all alike. What publishing makes by itself is not asked for."""


CORE_ITEMS: Final = tuple(item for item in ITEMS if item.key != "related")
"""The items that the core catalogue asks for of every dataset."""


def _is_told(value: object) -> bool:
    """Whether anything is said: a text that is no blank, or something that holds one."""
    if isinstance(value, str):
        return bool(value.strip())
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_is_told, held))


def core_catalogue(facts: Facts, _: Known) -> Counted:
    """Of the items of the core catalogue those that are said; that one which may be left out is not asked for."""
    described = Described(
        facts.descriptor,
        facts.openings,
        sorted({file.format for file in facts.files} - {""}),
        facts.manifest.tables,
        facts.manifest.published,
    )
    return Counted(tuple(Input(item.key, int(bool(item.value(described))), 1, item.term) for item in CORE_ITEMS))


def capacity(facts: Facts, _: Known) -> Counted:
    """The cells of its tables."""
    return Counted(tuple(_table(table, table.rows * len(table.columns)) for table in facts.manifest.tables))


def _table(table: ReleasedTable, cells: int) -> Input:
    return Input(table.name, cells, None, f"{table.rows} × {len(table.columns)}")


def duplicate_rows(facts: Facts, known: Known) -> Counted:
    """The rows that an earlier one equals in every column; only of tables that may be looked into."""
    if not facts.manifest.tables:
        return Counted(status="not-applicable")
    inputs: list[Input] = []
    for table in facts.manifest.tables:
        if has_no_double(table):
            inputs.append(Input(table.name, 0, table.rows))
        elif facts.openings.of(table.name).is_open:
            if known.duplicates is None:
                return Counted(status="pending")
            if table.name not in known.duplicates:
                return Counted(status="unreadable", note=table.name)
            inputs.append(Input(table.name, known.duplicates[table.name], table.rows))
    return Counted(tuple(inputs), "known" if inputs else "not-open")


def has_no_double(table: ReleasedTable) -> bool:
    """Whether the manifest alone tells that no row stands twice: each was held against the primary key."""
    return bool(table.primary_key) or table.rows <= 1


def duplicate_dataset(facts: Facts, known: Known) -> Counted:
    """Whether another dataset has the same files."""
    if all(file.format == "inline" for file in facts.files):
        return Counted(status="not-applicable")
    return Counted((Input(facts.name, int(known.same_data.count > 0), 1, known.same_data.words),))


def fragment(facts: Facts, known: Known) -> Counted:
    """Whether it is one of several tiny datasets with the same columns."""
    tables = facts.manifest.tables
    if not tables:
        return Counted(status="not-applicable")
    is_piece = sum(table.rows for table in tables) <= TINY and known.same_columns.count + 1 >= PIECES
    return Counted((Input(facts.name, int(is_piece), 1, known.same_columns.words if is_piece else ""),))


def on_time(facts: Facts, known: Known) -> Counted:
    """Of the intervals between releases those that the declared frequency allows; the one under way counts as well."""
    opening = facts.descriptor.get(OPENING)
    word = opening.get("updateFrequency") if isinstance(opening, dict) else None
    if not isinstance(word, str) or not word.strip():
        return Counted(status="not-stated")
    frequency = word.partition(" / ")[0].strip()
    if frequency not in DAYS:
        return Counted(status="not-applicable" if frequency in UNTIMED else "unreadable", note=word)
    return Counted(tuple(_intervals(facts, known, DAYS[frequency])), note=word)


def _intervals(facts: Facts, known: Known, most: int) -> Iterator[Input]:
    ends = [*facts.released, max(known.today, *facts.released)] if facts.released else []
    for start, end in list(pairwise(ends))[-INTERVALS:]:
        days = (end - start).days
        yield Input(f"{start}/{end}", int(days <= most), 1, f"{days} {'≤' if days <= most else '>'} {most}")


def errors(facts: Facts, _: Known) -> Counted:
    """The errors of the report that it was published with."""
    return _of_report(facts, 0)


def warnings(facts: Facts, _: Known) -> Counted:
    """The warnings of the same."""
    return _of_report(facts, 1)


def _of_report(facts: Facts, index: int) -> Counted:
    return Counted((Input("report.json", facts.found[index]),)) if facts.found else Counted(status="unreadable")


def documents(facts: Facts, _: Known) -> Counted:
    """Whether there is a README, and an entry for this version in the changelog."""
    has_readme = any(PACKAGE + name in facts.manifest.by_path for name in READMES)
    return Counted((Input("README", int(has_readme), 1), Input(CHANGELOG, int(facts.has_notes), 1)))


def titles(facts: Facts, _: Known) -> Counted:
    """Of the columns those that have a title, by table."""
    return _columns(facts, "title")


def descriptions(facts: Facts, _: Known) -> Counted:
    """Of the columns those that have a description, by table."""
    return _columns(facts, "description")


def _columns(facts: Facts, key: str) -> Counted:
    return Counted(
        tuple(
            Input(table.name, sum(bool(getattr(one, key)) for one in table.columns), len(table.columns))
            for table in facts.manifest.tables
        )
    )


def feedback(facts: Facts, known: Known) -> Counted:
    """Of what was asked of it in public how much was answered."""
    if known.feedback is None:
        return Counted(status="not-kept")
    if not known.feedback.asked:
        return Counted(status="nothing-asked")
    return Counted((Input(facts.name, known.feedback.answered, known.feedback.asked),))
