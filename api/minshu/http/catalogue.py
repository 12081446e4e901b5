"""The catalogue: which datasets there are."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.http import describe
from minshu.http.answers import data, page
from minshu.http.counts import read_lately
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest, newest_readable
from minshu.http.links import Links
from minshu.http.models import CatalogueModel, DatasetModel, answers
from minshu.http.negotiation import HTML_MEDIA, JSON_MEDIA, negotiated

router = APIRouter(tags=["Catalogue"])


@router.get("/", summary="The catalogue, as a page", responses=answers(CatalogueModel, page=True))
def home(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """The same as `/datasets`, but a page where nothing else is asked for."""
    return _catalogue(request, services, links, negotiated(request, (HTML_MEDIA, JSON_MEDIA)))


@router.get("/datasets", summary="The catalogue", responses=answers(CatalogueModel, page=True))
def list_datasets(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """Every dataset with its newest version."""
    return _catalogue(request, services, links, negotiated(request))


@router.get("/datasets/{name}", summary="A dataset", responses=answers(DatasetModel, page=True))
def show_dataset(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """A dataset as its newest version describes it, and the addresses of all its versions."""
    dataset = services.library.dataset(name)
    release = newest(services.library, dataset)
    described = describe.dataset_description(dataset, release, links)
    if negotiated(request) == JSON_MEDIA:
        return data(request, described)
    description = describe.release_description(release, links)
    return release_page(request, services, described, description)


def _catalogue(request: Request, services: Services, links: Links, media_type: str) -> Response:
    found = [(dataset, newest_readable(services.library, dataset)) for dataset in services.library.datasets()]
    datasets = [describe.catalogue_entry(dataset, release, links) for dataset, release in found]
    if media_type == JSON_MEDIA:
        return data(request, {"datasets": datasets})
    return page(request, services.pages.render("catalogue.html", request, datasets=datasets))


def release_page(
    request: Request, services: Services, dataset: describe.Description, release: describe.Description
) -> Response:
    """A release as a page."""
    reads = read_lately(services, release["name"])
    shown = services.pages.render("release.html", request, dataset=dataset, release=release, reads=reads)
    return page(request, shown)
