"""How often a dataset is read, for everybody."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from minshu.browse import Release
from minshu.counts import Counted, Readings
from minshu.errors import NotFound, StoreError
from minshu.http.answers import data, fresh
from minshu.http.count_models import COUNTS_CSV, CountsModel
from minshu.http.dependencies import Name, Services, ServicesDep
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA, negotiated

router = APIRouter(prefix="/datasets/{name}", tags=["Catalogue"])

YEAR: Final = timedelta(days=366)
LATELY: Final = timedelta(days=30)
FEWEST: Final = 10
"""Fewer readings of what is not open to all might tell of one person."""

CSV_MEDIA: Final = "text/csv; charset=utf-8"
COLUMNS: Final = ("period", "version", "format", "reads", "parts", "unchanged")
# Without the first step a number would be taken for seconds since 1970.
Since = Annotated[
    date | None,
    BeforeValidator(date.fromisoformat),
    Query(description="The first day that is told; a year ago if not given."),
]

Line = dict[str, Any]
ByFormat = Mapping[str | None, int]


@router.get("/counts", summary="How often a dataset is read", responses=answers(CountsModel))
def show_counts(request: Request, services: ServicesDep, name: Name, since: Since = None) -> Response:
    """Readings by day, version and format, newest first; those of releases that are not open to all by month alone."""
    negotiated(request, (JSON_MEDIA,))
    today = datetime.now(UTC).date()
    first = since or today - YEAR
    counts = list(_lines(services, name, first, today))
    return data(request, {"name": name, "since": first, "until": today, "counts": counts})


@router.get("/counts.csv", summary="The same as CSV", response_class=Response, responses=COUNTS_CSV)
def download_counts(request: Request, services: ServicesDep, name: Name, since: Since = None) -> Response:
    """The lines of `counts` as a table."""
    today, text = datetime.now(UTC).date(), StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_lines(services, name, since or today - YEAR, today))
    return fresh(request, text.getvalue().encode(), CSV_MEDIA)


def read_lately(services: Services, release: Release) -> ByFormat | None:
    """How often the dataset of a release was read in the last 30 days, by format, most read first.

    None where it cannot be told. Readings of what is not open to all are told of no format.
    """
    found = all_read_lately(services, [release])
    return None if found is None else found[release.name]


def all_read_lately(services: Services, releases: Iterable[Release]) -> Mapping[str, ByFormat] | None:
    """The same by the names of many datasets: all counts are gone through but once, no known release is read again."""
    today, known = datetime.now(UTC).date(), {release.name: release for release in releases}
    first = today - LATELY
    counted: dict[str, Counted] = {name: {} for name in known}
    try:
        for subject, found in services.counts.read().items():
            # Of what is not open to all, whole months are told.
            if subject.day >= first.replace(day=1) and subject.dataset in known:
                counted[subject.dataset][subject] = found
        return {name: _by_format(_told(services, of_it, first, today, known[name])) for name, of_it in counted.items()}
    except StoreError:
        return None


def _by_format(told: Iterable[Line]) -> ByFormat:
    reads: Counter[str | None] = Counter()
    for line in told:
        reads[line["format"]] += line["reads"]
    return dict(reads.most_common())


def _lines(services: Services, name: str, first: date, today: date) -> Iterator[Line]:
    services.library.dataset(name)  # Of what is not there, nothing is told.
    counted = {subject: found for subject, found in services.counts.read().items() if subject.dataset == name}
    return _told(services, counted, first, today)


def _told(
    services: Services, counted: Counted, first: date, today: date, known: Release | None = None
) -> Iterator[Line]:
    """What is told of the readings of a dataset. Only of releases that were read is asked whether they are open."""
    is_open = {known.version: known.openings.is_open} if known else {}
    for subject in counted:
        if subject.version not in is_open:
            is_open[subject.version] = _is_open(services, subject.dataset, subject.version)
    return lines(counted, is_open.__getitem__, first, today)


def lines(counted: Counted, is_open: Callable[[str], bool], first: date, today: date) -> Iterator[Line]:
    """What is told of the readings of one dataset from a day on, newest first.

    Readings of what is not open to all are pooled: who is granted such data is few enough to be known by their days.
    Nor is the month under way told, for its sum would tell of every single reading to whoever asks daily.
    """
    months: dict[str, Readings] = {}
    for subject, found in sorted(counted.items(), reverse=True):
        if is_open(subject.version):
            if subject.day >= first:
                yield _line(subject.day.isoformat(), subject.version, subject.format, found)
        elif f"{first:%Y-%m}" <= f"{subject.day:%Y-%m}" < f"{today:%Y-%m}":
            month = months.setdefault(f"{subject.day:%Y-%m}", Readings())
            month.add(found.reads, found.parts, found.unchanged)
    for name, found in months.items():
        if found.reads >= FEWEST:
            yield _line(name, None, None, Readings(found.reads))


def _line(period: str, version: str | None, format_: str | None, found: Readings) -> Line:
    return {
        "period": period,
        "version": version,
        "format": format_,
        "reads": found.reads,
        "parts": found.parts,
        "unchanged": found.unchanged,
    }


def _is_open(services: Services, name: str, version: str) -> bool:
    """Whether all may have the data; what cannot be told is not open."""
    try:
        return services.library.release(name, version).openings.is_open
    except (StoreError, NotFound):
        return False
