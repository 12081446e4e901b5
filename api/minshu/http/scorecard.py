"""Opening readiness: what is measured of the catalogue and of each dataset, for everybody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from minshu.errors import DatasetNotFound
from minshu.http.answers import data, fresh, page_headers
from minshu.http.conditional import SHORT
from minshu.http.counts import CSV_MEDIA
from minshu.http.dependencies import AccountDep, LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.language import language_of
from minshu.http.links import Links, with_query
from minshu.http.models import answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated
from minshu.http.scorecard_models import SCORECARD_CSV, CatalogueScorecardModel, ScorecardModel
from minshu.reports import Language
from minshu.scorecard import CatalogueScorecard, Figure, Scorecard
from minshu.scorecard.lists import DAYS, OPEN_LICENCES, STRUCTURED
from minshu.scorecard.measures import BY_NAME
from minshu.scorecard.plain import Told, catalogue_csv, catalogue_told, dataset_csv, dataset_told
from minshu.scorecard.words import fraction, left_out, shown

router = APIRouter(tags=["Catalogue"])

PATIENCE: Final = 1.0
"""Seconds that a scorecard waits for rows to be compared, the first time that it is asked for."""

SOON: Final = "public, max-age=5"
"""How long an answer lasts while rows are being compared."""

LENGTH: Final = 50
"""Datasets on a page. JSON and CSV have all."""

INPUTS: Final = 100
"""How many inputs of a figure a page shows. JSON has them all."""

PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000, description="Which page; JSON has all datasets.")]


@router.get("/scorecard", summary="How ready the catalogue is", responses=answers(CatalogueScorecardModel, page=True))
def show_scorecard(
    request: Request, services: ServicesDep, links: LinksDep, account: AccountDep, number: PageNumber = 1
) -> Response:
    """Opening readiness, measured: each figure with what it is a share of, and how it was computed."""
    media = negotiated(request)
    with account.timed():
        card = _catalogue(services)
        if media == JSON_MEDIA:
            return data(request, _linked(catalogue_told(card), links), _lasting(card))
        text = services.pages.render("scorecard.html", request, **_shown(request, card, links, number))
        return fresh(request, text.encode(), HTML_MEDIA, _lasting(card), page_headers(request))


@router.get("/scorecard.csv", summary="The same as CSV", response_class=Response, responses=SCORECARD_CSV)
def download_scorecard(request: Request, services: ServicesDep, account: AccountDep) -> Response:
    """A line for each figure of the catalogue, which names no dataset, and for each of its datasets."""
    with account.timed():
        card = _catalogue(services)
        return fresh(request, catalogue_csv(card).encode(), CSV_MEDIA, _lasting(card))


@router.get(
    "/datasets/{name}/scorecard", summary="How ready a dataset is", responses=answers(ScorecardModel, page=True)
)
def show_dataset_scorecard(
    request: Request, services: ServicesDep, links: LinksDep, account: AccountDep, name: Name
) -> Response:
    """The figures of a dataset by its newest version, each with all that went into it."""
    media = negotiated(request)
    with account.timed():
        card = _dataset(services, name)
        if media == JSON_MEDIA:
            told = _linked_dataset(dataset_told(card), links)
            return data(request, {**told, "figures": _with_methods(told, links)}, _lasting(card))
        language = language_of(request)
        rows = [_row(figure, language) for figure in card.figures]
        url = links.release(card.name, card.release.version)
        text = services.pages.render("dataset_scorecard.html", request, card=card, rows=rows, release_url=url)
        return fresh(request, text.encode(), HTML_MEDIA, _lasting(card), page_headers(request))


@router.get(
    "/datasets/{name}/scorecard.csv", summary="The same as CSV", response_class=Response, responses=SCORECARD_CSV
)
def download_dataset_scorecard(request: Request, services: ServicesDep, account: AccountDep, name: Name) -> Response:
    """A line for each figure of a dataset."""
    with account.timed():
        card = _dataset(services, name)
        return fresh(request, dataset_csv(card).encode(), CSV_MEDIA, _lasting(card))


def _catalogue(services: Services) -> CatalogueScorecard:
    return services.scorecards.catalogue(services.directory.entries(), _today(), PATIENCE)


def _lasting(card: CatalogueScorecard | Scorecard) -> str:
    return SHORT if card.is_whole else SOON


def _dataset(services: Services, name: str) -> Scorecard:
    """The scorecard of a dataset. Raises DatasetNotFound, or what reading its newest release does."""
    dataset = services.library.dataset(name)
    card = services.scorecards.dataset(name, services.directory.entries(), _today(), PATIENCE)
    if card is None:
        newest(services.library, dataset)
        raise DatasetNotFound(name)  # It came between the two looks at the store.
    return card


def _today() -> date:
    return datetime.now(UTC).date()


def _linked(told: Told, links: Links) -> Told:
    """A catalogue's scorecard with its addresses."""
    return {
        **told,
        "figures": _with_methods(told, links),
        "datasets": [_linked_dataset(one, links) for one in told["datasets"]],
        "measures": [{**one, "method_url": _method(one["name"], links)} for one in told["measures"]],
    }


def _linked_dataset(told: Told, links: Links) -> Told:
    """A dataset's scorecard with its addresses."""
    name = told["name"]
    return {
        **told,
        "url": links.to("datasets", name, "scorecard"),
        "release_url": links.release(name, told["version"]),
    }


def _with_methods(told: Told, links: Links) -> list[Told]:
    """The figures, each with the address of how it was computed."""
    return [{**one, "method_url": _method(one["measure"], links)} for one in told["figures"]]


def _method(name: str, links: Links) -> str:
    return f"{links.to('scorecard')}#method-{name}"


def _shown(request: Request, card: CatalogueScorecard, links: Links, number: int) -> dict[str, Any]:
    """What the page of the catalogue shows."""
    language, first = language_of(request), (number - 1) * LENGTH
    pages = max(1, -(-len(card.datasets) // LENGTH))
    return {
        "card": card,
        "rows": [_row(figure, language) for figure in card.figures],
        "datasets": [(one, list(_cells(one, language))) for one in card.datasets[first : first + LENGTH]],
        "lists": {
            "structured": sorted(STRUCTURED),
            "licences": sorted(OPEN_LICENCES),
            "days": [f"{word} {days}" for word, days in DAYS.items()],
        },
        "previous": _page(links, min(number - 1, pages)) if number > 1 else None,
        "next": _page(links, number + 1) if number < pages else None,
        "first": first,
    }


def _page(links: Links, number: int) -> str:
    return with_query(links.to("scorecard"), [("page", str(number))] if number > 1 else [])


def _row(figure: Figure, language: Language) -> dict[str, Any]:
    """A figure as a page shows it."""
    measure = BY_NAME[figure.name]
    return {
        "figure": figure,
        "measure": measure,
        "title": measure.title.in_(language),
        "how": measure.how.in_(language),
        "shown": _apart(shown(figure, language)) if figure.value is not None else shown(figure, language),
        "fraction": _apart(fraction(figure)),
        "left_out": left_out(figure, language),
        "is_known": figure.value is not None,
        "inputs": [(one, measure.noted.in_(language).format(one.note)) for one in figure.inputs[:INPUTS]],
    }


def _cells(card: Scorecard, language: Language) -> Iterator[tuple[str, bool]]:
    """The values of a dataset, and whether each is known."""
    for figure in card.figures:
        yield _apart(shown(figure, language)), figure.value is not None


def _apart(words: str) -> str:
    """A number with its thousands apart as on all pages."""
    return words.replace(",", "\u202f")
