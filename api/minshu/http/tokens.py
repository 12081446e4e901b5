"""Tokens, as who holds one sees them."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from minshu.errors import BadParameter
from minshu.http.answers import json_answer
from minshu.http.dependencies import AccountDep, PairsDep, ServicesDep
from minshu.http.identity import WRITING, IdentityDep
from minshu.http.models import answers
from minshu.http.writing_models import EXCHANGE_BODY, ExchangedModel, TokenModel
from minshu.tokens import GRANT, ID_TOKEN

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # It is a name of OAuth's.
ID_TOKENS: Final = (ID_TOKEN, "urn:ietf:params:oauth:token-type:jwt")

router = APIRouter(prefix="/token", tags=["Writing"])


@router.get("", summary="What the token that you send is for", responses=answers(TokenModel, held=False))
async def show_token(token: IdentityDep) -> Response:
    """The scopes of the token, and until when it holds: for scripts that would know before they begin."""
    scopes = [str(scope) for scope in token.scopes]
    told = {"id": token.id, "scopes": scopes, "created": token.created, "expires": token.expires}
    return json_answer(told, {"Cache-Control": "private, no-store"})


@router.post(
    "",
    summary="A token for the ID token of a trusted publisher",
    dependencies=[WRITING],
    responses=answers(ExchangedModel, held=False),
    openapi_extra={"requestBody": EXCHANGE_BODY},
)
async def exchange_token(services: ServicesDep, account: AccountDep, pairs: PairsDep) -> Response:
    """A job of CI shows what its service says of it, once, and may publish for an hour (RFC 8693)."""
    given = dict(pairs)
    if given.get("grant_type") != GRANT or given.get("subject_token_type") not in ID_TOKENS:
        raise BadParameter(f"grant_type must be {GRANT}, and subject_token_type {ID_TOKENS[0]}.")
    token, text = await services.gate.exchange(given.get("subject_token", ""), account)
    told = {
        "access_token": text,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": int((token.expires - datetime.now(UTC)).total_seconds()),
        "scope": " ".join(map(str, token.scopes)),
    }
    return json_answer(told, {"Cache-Control": "no-store"})
