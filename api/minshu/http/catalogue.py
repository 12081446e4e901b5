"""A dataset, as its newest release describes it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu.http import describe
from minshu.http.answers import data
from minshu.http.dependencies import LinksDep, Name, ServicesDep
from minshu.http.directory import newest
from minshu.http.models import DatasetModel, answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.http.release_page import release_page

router = APIRouter(tags=["Catalogue"])


@router.get("/datasets/{name}", summary="A dataset", responses=answers(DatasetModel, page=True))
def show_dataset(request: Request, services: ServicesDep, links: LinksDep, name: Name) -> Response:
    """A dataset as its newest version describes it, and the addresses of all its versions."""
    dataset = services.library.dataset(name)
    release = newest(services.library, dataset)
    if negotiated(request) == JSON_MEDIA:
        return data(request, describe.dataset_description(dataset, release, links))
    return release_page(request, services, links, dataset, release)
