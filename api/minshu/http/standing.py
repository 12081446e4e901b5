"""Withdrawing, yanking and unyanking releases over HTTP, by whoever has a token for it."""

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from minshu import acts
from minshu.http.answers import json_answer
from minshu.http.bodies import told
from minshu.http.dependencies import LinksDep, Name, Services, ServicesDep, Version
from minshu.http.describe import status_description
from minshu.http.identity import WRITING, IdentityDep, require
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.pinned import pinned_addresses
from minshu.http.standing_models import ReasonModel, StoodModel, WithdrawalModel, body
from minshu.tokens import Verb

router = APIRouter(prefix="/datasets/{name}/versions/{version}", tags=["Writing"], dependencies=[WRITING])


@router.post(
    "/withdraw",
    summary="Withdraw a release",
    responses=answers(StoodModel, held=False),
    openapi_extra=body(WithdrawalModel),
)
async def withdraw_release(
    request: Request, services: ServicesDep, links: LinksDep, token: IdentityDep, name: Name, version: Version
) -> Response:
    """Give its data to nobody any more, for good: 410, with the reason and the successor. Its metadata stays.

    A second time puts reason and successor right. The token must be for `withdraw`.
    """
    require(token, Verb.withdraw, name)
    asked = await told(request, WithdrawalModel)
    store, who = services.store, token.actor
    await to_thread.run_sync(acts.withdraw, store, name, version, asked.reason, who, asked.successor)
    return await to_thread.run_sync(_stood, services, links, name, version)


@router.post(
    "/yank", summary="Yank a release", responses=answers(StoodModel, held=False), openapi_extra=body(ReasonModel)
)
async def yank_release(
    request: Request, services: ServicesDep, links: LinksDep, token: IdentityDep, name: Name, version: Version
) -> Response:
    """Let `latest` stand for it no more; by its version it is found as before. The token must be for `withdraw`."""
    require(token, Verb.withdraw, name)
    asked = await told(request, ReasonModel)
    await to_thread.run_sync(acts.yank, services.store, name, version, asked.reason, token.actor)
    return await to_thread.run_sync(_stood, services, links, name, version)


@router.post(
    "/unyank",
    summary="Take a yank back",
    responses=answers(StoodModel, held=False),
    openapi_extra=body(ReasonModel),
)
async def unyank_release(
    request: Request, services: ServicesDep, links: LinksDep, token: IdentityDep, name: Name, version: Version
) -> Response:
    """Let it stand as it was published. The token must be for `withdraw`."""
    require(token, Verb.withdraw, name)
    asked = await told(request, ReasonModel)
    await to_thread.run_sync(acts.unyank, services.store, name, version, asked.reason, token.actor)
    return await to_thread.run_sync(_stood, services, links, name, version)


def _stood(services: Services, links: Links, name: str, version: str) -> Response:
    release = services.library.release(name, version)
    body = {
        "name": name,
        "version": version,
        **status_description(name, release.status, links),
        "drop": pinned_addresses(release.manifest, links),
    }
    return json_answer(body, {"Cache-Control": "private, no-store"})
