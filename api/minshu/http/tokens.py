"""Tokens, as who holds one sees them."""

from fastapi import APIRouter
from starlette.responses import Response

from minshu.http.answers import json_answer
from minshu.http.identity import IdentityDep
from minshu.http.models import answers
from minshu.http.writing_models import TokenModel

router = APIRouter(prefix="/token", tags=["Writing"])


@router.get("", summary="What the token that you send is for", responses=answers(TokenModel, held=False))
async def show_token(token: IdentityDep) -> Response:
    """The scopes of the token, and until when it holds: for scripts that would know before they begin."""
    scopes = [str(scope) for scope in token.scopes]
    told = {"id": token.id, "scopes": scopes, "created": token.created, "expires": token.expires}
    return json_answer(told, {"Cache-Control": "private, no-store"})
