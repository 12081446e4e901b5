"""What registers of all datasets share: a page of them at a time, and their files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from minshu.browse import Release
from minshu.errors import NotFound
from minshu.http.answers import VARY, attachment, fresh
from minshu.http.counts import CSV_MEDIA
from minshu.http.dependencies import Services
from minshu.http.links import with_query
from minshu.metadata.items import table

USUAL: Final = 20
"""Datasets on a page, where no other number is asked for."""

SUFFIXES: Final = ("json", "csv")

Suffix = Annotated[str, Path(description="`json` or `csv`.", examples=["csv"])]


@dataclass(frozen=True)
class Asked:
    """Which page of a register is asked for, of so many datasets."""

    size: Annotated[int, Query(ge=1, le=1000, description="Datasets on a page.")] = USUAL
    number: Annotated[int, Query(alias="page", ge=1, le=100_000, description="Which page.")] = 1

    def place(self, count: int) -> dict[str, int]:
        """Where that is among all pages of a register of so many datasets, as the page tells it."""
        return {"size": self.size, "number": self.number, "pages": max(1, -(-count // self.size))}


AskedDep = Annotated[Asked, Depends()]


@dataclass(frozen=True)
class Shown:
    """A page of a register: its datasets, of how many, and where the next ones are."""

    releases: Sequence[Release]
    count: int
    next: str | None


def shown(services: Services, url: str, page: Asked) -> Shown:
    """A page of the releases that describe the datasets, by name. What is damaged is left out."""
    size, number = page.size, page.number
    releases = [entry.release for entry in services.directory.entries() if entry.release]
    asked = [("size", str(size))] if size != USUAL else []
    following = with_query(url, [*asked, ("page", str(number + 1))]) if size * number < len(releases) else None
    return Shown(releases[size * (number - 1) : size * number], len(releases), following)


def csv_file(request: Request, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A table for spreadsheets."""
    headers = {**VARY, "Content-Disposition": attachment(f"{name}.csv")}
    return fresh(request, table(header, rows), CSV_MEDIA, headers=headers)


def known(suffix: str, what: str) -> str:
    """The suffix, where there is such a file of the register."""
    if suffix not in SUFFIXES:
        raise NotFound(f"{what} is there as {' and '.join(SUFFIXES)}, not as {suffix!r}.")
    return suffix
