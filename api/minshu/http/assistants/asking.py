"""Who calls a tool, and what every answer says of the release that it came from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any, Final, Self, cast

import orjson
from fastapi import Request

from minshu.access import Reader
from minshu.browse import Release
from minshu.budgets import Account
from minshu.citation import apa, gbt7714
from minshu.http import describe
from minshu.http.dependencies import Services
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.works import work_of
from minshu.reports import Language
from minshu.sql import Asker

ANSWER_BYTES: Final = 128 * 1024
"""The most bytes of rows, or of a description: what is longer is of no use to a model, is cut, and is said to be."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class Asking:
    """Who calls a tool, and what the tools work with."""

    request: Request
    services: Services
    links: Links

    @classmethod
    def of(cls, request: Request) -> Self:
        """Whoever sent this request, which passed the route."""
        services = cast("Services", request.app.state.services)
        return cls(request, services, Links.of(request, services.settings))

    @property
    def reader(self) -> Reader:
        """Whose data is given."""
        return cast("Reader", self.request.state.reader)

    @property
    def account(self) -> Account:
        """Who pays for it."""
        return cast("Account", self.request.state.account)

    @property
    def asker(self) -> Asker:
        """Whoever asks in SQL, and waits no more once he is gone."""
        return Asker(self.account, cast("Event", self.request.state.gone))

    @property
    def language(self) -> Language:
        """In which words the service speaks: English, where nothing else is asked for."""
        return language_of(self.request, Language.en)

    def reads(self, *releases: Release) -> None:
        """Tell whoever counts what is read that this was."""
        self.request.state.reads = [(release.name, release.version) for release in releases]

    def cited(self, release: Release) -> Answer:
        """Which release an answer came from, and how that is cited: pinned, whatever was asked for."""
        today = datetime.now(UTC).date()
        english, chinese = (work_of(release, self.links, language, today) for language in (Language.en, Language.zh))
        return {**describe.identity(release, self.links), "apa": apa(english), "gbt7714": gbt7714(chinese)}


def shortened(text: str | None, most: int) -> str | None:
    """A text of so many characters, of which the last says where it was cut."""
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"


def fits(value: object) -> bool:
    """Whether there is room for it in an answer."""
    return len(orjson.dumps(value)) <= ANSWER_BYTES
