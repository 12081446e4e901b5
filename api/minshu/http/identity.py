"""Who a request comes from: the token that it shows, if any, and whether anything may be written here at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar, cast

from anyio import CapacityLimiter, Semaphore, to_thread
from fastapi import Depends, Request

from minshu.access import Reader
from minshu.audit import Actor
from minshu.budgets import Account
from minshu.errors import ExchangeRefused, ScopeMissing, TokenInvalid, TokenMissing, WritingOff
from minshu.oidc import Issuers
from minshu.tokens import PREFIX, UNKNOWN, Scope, Token, Tokens, Verb

BEARER: Final = "bearer"

PROVING: Final = 1
"""Tokens that one process proves at a time: each takes a core and 16 MiB meanwhile."""

EXCHANGED: Final = timedelta(hours=1)
"""How long a token holds that was given for an ID token: enough to send a package and wait for what becomes of it."""

GUESS: Final = 1.0
"""Seconds of query time that a wrong token costs its sender."""

Proven = TypeVar("Proven")


class Gate:
    """Proves tokens. Those who wait for it hold no thread."""

    def __init__(self, tokens: Tokens, issuers: Issuers) -> None:
        self.tokens, self._issuers = tokens, issuers
        self._limiter, self._exchanging = CapacityLimiter(PROVING), CapacityLimiter(PROVING)
        self._turn, self._turn_to_exchange = Semaphore(PROVING), Semaphore(PROVING)

    async def identify(self, text: str, account: Account) -> Token:
        """The token of this text. Raises TokenInvalid, and BudgetExceeded for who has guessed too often."""
        try:
            if found := self.tokens.known(text):
                return found
        except TokenInvalid:
            account.check()
            account.seconds += GUESS
            raise
        return await self.proven(self.tokens.prove, text, account)

    async def proven(self, prove: Callable[[str], Proven], text: str, account: Account) -> Proven:
        """What a text proves, one at a time. Raises TokenInvalid, and BudgetExceeded for who has guessed too often.

        A wrong text is charged before the next has its turn: guesses that come all at once are no cheaper.
        """
        async with self._turn:
            account.check()
            try:
                return await to_thread.run_sync(prove, text, limiter=self._limiter)
            except TokenInvalid:
                account.seconds += GUESS
                account.settle()
                raise

    async def exchange(self, text: str, account: Account) -> tuple[Token, str]:
        """A token, and its text, for an ID token of a trusted publisher. Raises ExchangeRefused and BudgetExceeded."""
        async with self._turn_to_exchange:
            account.check()
            try:
                return await to_thread.run_sync(self._exchanged, text, limiter=self._exchanging)
            except ExchangeRefused:
                account.seconds += GUESS
                account.settle()
                raise

    def _exchanged(self, text: str) -> tuple[Token, str]:
        known = self._issuers.identity(text)
        if self.tokens.was_used(known.assertion):
            raise ExchangeRefused("The ID token was used already. Ask its issuer for another.")
        return self.tokens.create(
            known.scopes,
            datetime.now(UTC).replace(microsecond=0) + EXCHANGED,
            Actor("publisher", known.subject),
            label=known.subject,
            details={"issuer": known.issuer, "assertion": known.assertion},
            private={"claims": dict(known.claims)},
        )


async def bearer(request: Request) -> Token | None:
    """The token that a request shows; None where it shows none. What is no token of ours is a key, and ignored here.

    Raises TokenInvalid.
    """
    text = shown(request)
    if not text.startswith(PREFIX):
        return None
    gate = cast("Gate", request.app.state.services.gate)
    return await gate.identify(text, cast("Account", request.state.account))


async def identity(request: Request, token: Annotated[Token | None, Depends(bearer)]) -> Token:
    """The token of a request that needs one. Raises TokenMissing or TokenInvalid."""
    if token is None:
        raise TokenInvalid(UNKNOWN) if shown(request) else TokenMissing
    return token


async def reader(request: Request) -> Reader:
    """Whoever asks for data. A token that does not hold is no hindrance to what is open to all."""
    try:
        found = Reader(await bearer(request))
    except TokenInvalid as error:
        found = Reader(invalid=error)
    request.state.reader = found
    return found


async def writing(request: Request) -> None:
    """Nothing, where this service may be written to. Raises WritingOff."""
    if not request.app.state.services.settings.writing:
        raise WritingOff


def require(token: Token, verb: Verb, name: str) -> None:
    """Make sure that a token is for this. Raises ScopeMissing."""
    if not token.may(verb, name):
        raise ScopeMissing(str(Scope(verb, name)))


BearerDep = Annotated[Token | None, Depends(bearer)]
ReaderDep = Annotated[Reader, Depends(reader)]
IdentityDep = Annotated[Token, Depends(identity)]
# For every route that changes something. That nothing may be written is said before a token is asked for.
WRITING = Depends(writing)


def shown(request: Request) -> str:
    """What a request shows as its token; nothing where it shows none. Clients of CKAN name no scheme."""
    header = request.headers.get("authorization", "").strip()
    if header.startswith(PREFIX):
        return header
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == BEARER else ""
