"""The keys that releases are signed with, for whoever checks a signature."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from minshu.http.answers import data, fresh
from minshu.http.dependencies import LinksDep, ServicesDep
from minshu.http.key_models import PEM, PEM_MEDIA, KeysModel
from minshu.http.links import Links
from minshu.http.models import answers
from minshu.http.negotiation import JSON_MEDIA, negotiated
from minshu.keyring import KnownKey

router = APIRouter(prefix="/keys", tags=["Releases"])

Fingerprint = Annotated[str, Path(description="The SHA-256 of the public key as DER.", examples=["0" * 64])]


@router.get("", summary="The keys that sign releases", responses=answers(KeysModel))
def list_keys(request: Request, services: ServicesDep, links: LinksDep) -> Response:
    """Every key that the store ever had: those that sign, those that signed once, and those that are revoked."""
    negotiated(request, (JSON_MEDIA,))
    return data(request, {"keys": [_described(known, links) for known in services.keyring.all()]})


@router.get("/{fingerprint}.pem", summary="A public key", response_class=Response, responses=PEM)
def show_key(request: Request, services: ServicesDep, fingerprint: Fingerprint) -> Response:
    """The public half of a key in PEM, whatever its state."""
    return fresh(request, services.keyring.key(fingerprint).key.pem.encode(), PEM_MEDIA)


def _described(known: KnownKey, links: Links) -> dict[str, Any]:
    fingerprint = known.key.fingerprint
    return {
        "key": fingerprint,
        "state": known.state,
        "added": known.added,
        "retired": known.retired,
        "revoked": known.revoked,
        "reason": known.reason,
        "url": links.to("keys", f"{fingerprint}.pem"),
    }
