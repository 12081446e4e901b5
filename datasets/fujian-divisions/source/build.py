"""Builds `data/divisions.csv` from the table of division codes that python-stdnum ships (`stdnum/cn/loc.dat`).

That table has a line for each code, with the names that it had and, where it is not what it always was, the years:
`350111 [1983-1994]郊区,[1995-]晋安区`. Its facts are taken as they are; only the level and the parent are added, which
follow from the code.

    python datasets/fujian-divisions/source/build.py
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from stdnum import numdb

DATA = Path(__file__).resolve().parent.parent / "data"
PROVINCE = "35"
# What the code table groups divisions under, and no divisions themselves.
HEADINGS = ("市辖区", "市区", "省直辖县级行政单位")
NAMED = re.compile(r"(?:\[(?P<first>\d{4})?-(?P<last>\d{4})?\])?(?P<name>[^\[\],]+)")


class SourceError(ValueError):
    """The table of python-stdnum is not written as it was."""


@dataclass(frozen=True)
class Division:
    """A name of a code, and the years in which the code stood for it; None where the source names no year."""

    code: str
    name: str
    level: str
    parent_code: str
    valid_from: int | None
    valid_to: int | None


@dataclass(frozen=True)
class Edition:
    """The table as it stood at the end of a year in which it changed, and the version under which it is released."""

    year: int
    version: str
    divisions: tuple[Division, ...]


def divisions() -> tuple[Division, ...]:
    """Every name of every code below the province, by code and year."""
    # 0000 is the province itself.
    found = (one for number in range(1, 10_000) for one in _named(f"{PROVINCE}{number:04}"))
    return tuple(sorted(found, key=lambda one: (one.code, one.valid_from or 0)))


def editions(known: Iterable[Division]) -> tuple[Edition, ...]:
    """The table at the end of each year in which it changed.

    By the rules of `docs/versions.md`: a row more raises the minor number; where rows only end, which are cells that
    change, it is the patch. No row is ever taken away.
    """
    ends = _years_of_ends(tuple(known))
    years = sorted({year for one, end in ends.items() for year in (one.valid_from, end) if year is not None})
    made = [Edition(years[0], "1.0.0", _as_of(ends, years[0]))]
    for year in years[1:]:
        table = _as_of(ends, year)
        minor, patch = (int(part) for part in made[-1].version.split(".")[1:])
        more = len(table) > len(made[-1].divisions)
        made.append(Edition(year, f"1.{minor + 1}.0" if more else f"1.{minor}.{patch + 1}", table))
    return tuple(made)


def write(table: Iterable[Division], data: Path = DATA) -> None:
    """Write the table as `divisions.csv` into a folder."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "divisions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(field.name for field in fields(Division))
        rows.writerows(astuple(one) for one in table)


def _years_of_ends(table: tuple[Division, ...]) -> dict[Division, int | None]:
    """The year in which each row ended; None where it has not.

    It is the last year, but where the code goes on under another name: there the source ends the old name with the last
    year that was wholly its own (`[1983-1994]郊区,[1995-]晋安区`), and the change was in the next.
    """
    begun = {(one.code, one.valid_from) for one in table}
    return {
        one: one.valid_to + 1 if one.valid_to and (one.code, one.valid_to + 1) in begun else one.valid_to
        for one in table
    }


def _as_of(ends: Mapping[Division, int | None], year: int) -> tuple[Division, ...]:
    """What was known of the table at the end of a year: nothing that began later, and no later end."""
    begun = ((one, end) for one, end in ends.items() if (one.valid_from or year) <= year)
    return tuple(one if end is None or end <= year else replace(one, valid_to=None) for one, end in begun)


def _named(code: str) -> Iterator[Division]:
    parts = numdb.get("cn/loc").info(code)
    # Of a number that is no code, the rest has no facts.
    names = dict(parts[-1][1]).get("county") if len(parts) > 1 else None
    for text in names.split(",") if names else ():
        read = NAMED.fullmatch(text)
        if read is None:
            raise SourceError(f"{code}: {text!r} is no name with its years.")
        first, last = (int(year) if year else None for year in (read["first"], read["last"]))
        yield Division(code, read["name"], _level(code, read["name"]), _parent(code), first, last)


def _level(code: str, name: str) -> str:
    if name in HEADINGS:
        return "heading"
    return "prefecture" if code.endswith("00") else "county"


def _parent(code: str) -> str:
    return f"{PROVINCE}0000" if code.endswith("00") else f"{code[:4]}00"


if __name__ == "__main__":
    newest = editions(divisions())[-1]
    write(newest.divisions)
    print(f"{newest.version}: {len(newest.divisions)} names of codes, last changed in {newest.year}")
