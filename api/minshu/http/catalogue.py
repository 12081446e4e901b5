"""A dataset, as its newest release describes it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.http import describe
from minshu.http.answers import data, page
from minshu.http.counts import read_lately
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep
from minshu.http.directory import newest
from minshu.http.models import DatasetModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated

router = APIRouter(tags=["Catalogue"])


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


def release_page(
    request: Request, services: Services, dataset: describe.Description, release: describe.Description
) -> Response:
    """A release as a page."""
    reads = read_lately(services, release["name"])
    shown = services.pages.render("release.html", request, dataset=dataset, release=release, reads=reads)
    return page(request, shown)
