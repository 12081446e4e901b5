"""Each client's budgets, counted on its way in and told on its way out."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minshu.budgets import Account, Budgets, Left
from minshu.errors import BudgetExceeded
from minshu.http.clients import client_of
from minshu.http.problems import Answer
from minshu.settings import Settings

EXEMPT: Final = ("/health", "/limits", "/metrics", "/robots.txt", "/static/")
"""What costs nothing and must always be answered. Also what only begins so: there is nothing else there."""


class Budgeted:
    """Counts every request, and what it spent, and turns away who has used up a budget.

    The headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers; drafts differ in their form, and the one
    here is structured fields, as `docs/http.md` shows them.
    """

    def __init__(self, app: ASGIApp, settings: Settings, budgets: Budgets | None, answer: Answer) -> None:
        self.app, self._settings, self._budgets, self._answer = app, settings, budgets, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with an account of its client."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = client_of(scope, self._settings.keys, self._settings.key_factor)
        account = scope["state"]["account"] = Account(client, self._budgets)
        try:
            if self._budgets is None or scope["path"].startswith(EXEMPT):
                await self.app(scope, receive, send)
            else:
                await self._counted(account, scope, receive, send)
        finally:
            account.settle()

    async def _counted(self, account: Account, scope: Scope, receive: Receive, send: Send) -> None:

        async def send_with_budgets(message: Message) -> None:
            if message["type"] == "http.response.start":
                account.settle()
                message = {**message, "headers": [*message["headers"], *told(account)]}
            await send(message)

        app = self.app
        try:
            account.request()
        except BudgetExceeded as error:
            app = await self._answer(Request(scope, receive), error)
        await app(scope, receive, send_with_budgets)


def told(account: Account) -> list[tuple[bytes, bytes]]:
    """The headers that tell what is left of the budgets that the request was about (structured fields)."""
    budgets = account.left((0, 1, 2) if account.costly else (0,))
    policy = ", ".join(f'"{item.budget.name}";q={item.quota};w={item.budget.window}{_unit(item)}' for item in budgets)
    state = ", ".join(f'"{item.budget.name}";r={item.left};t={item.seconds}' for item in budgets)
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


def _unit(item: Left) -> str:
    """What a quota is counted in; requests where nothing is said."""
    return "" if item.budget.name == "requests" else f';qu="{item.budget.name}"'
