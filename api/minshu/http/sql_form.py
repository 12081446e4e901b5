"""What the form of the SQL page was filled in with. It may be half filled in, which no request for data may."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from minshu.browse import Dataset
from minshu.http.sql_request import LATEST, RESERVED, Pairs
from minshu.sql.tokens import parameters, word_at

PAGE: Final = "_page"
"""Which page of the rows is shown. Of the form alone: data has no pages."""

PLAN: Final = "_plan"
"""Shows the plan of the query, which is not run."""

SHOWN: Final = 100
"""Rows of an answer that the page shows at once."""

OFFERED: Final = 50
"""The most releases that are offered to be attached."""

CONTEXT: Final = 60
"""Characters of a line that are shown on either side of a fault."""


@dataclass(frozen=True)
class SqlForm:
    """The form. `values` has each parameter of the statement, None where it is still to be filled in."""

    dataset: str
    version: str
    text: str
    attached: Sequence[str]
    limit: str
    values: Mapping[str, str | None]
    page: int = 1
    plan: bool = False

    @classmethod
    def of(cls, pairs: Pairs) -> Self:
        """The form as a browser sends it: with all fields, empty ones too, and lines that end as in old times."""
        given = dict(pairs)
        text = given.get("q", "").replace("\r\n", "\n")
        named = [name for name in parameters(text) if name not in RESERVED]
        page = given.get(PAGE, "")
        return cls(
            dataset=given.get("dataset", ""),
            version=given.get("version", ""),
            text=text,
            attached=[value for name, value in pairs if name == "attach" and value.strip()],
            limit=given.get("limit", ""),
            values={name: given.get(name) for name in named},
            page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 10 else 1,
            plan=PLAN in given,
        )

    @property
    def is_ready(self) -> bool:
        """Whether there is a statement, and a value for each of its parameters."""
        return bool(self.text.strip()) and not self.missing

    @property
    def missing(self) -> list[str]:
        """The parameters that have no value yet."""
        return [name for name, value in self.values.items() if value is None]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query as a request for data has it, without what was left empty."""
        fields = [("dataset", self.dataset), ("version", self.version), *(("attach", text) for text in self.attached)]
        fields += [("q", self.text), ("limit", self.limit)]
        values = [(name, value) for name, value in self.values.items() if value is not None]
        return [*(pair for pair in fields if pair[1]), *values]


@dataclass(frozen=True)
class Fault:
    """The line of a statement in which something is wrong, cut in three; all is counted from 0 and in code points."""

    start: int
    end: int
    before: str
    word: str
    after: str

    @classmethod
    def at(cls, text: str, position: int) -> Self:
        """The fault at a place of a statement."""
        start, end = word_at(text, position)
        before = text[text.rfind("\n", 0, start) + 1 : start]
        word, _, _ = text[start:end].partition("\n")
        after, _, _ = text[start + len(word) :].partition("\n")
        cut = f"…{before[-CONTEXT:]}" if len(before) > CONTEXT else before
        return cls(start, end, cut, word, f"{after[:CONTEXT]}…" if len(after) > CONTEXT else after)


def attachable(dataset: str, known: Sequence[Dataset]) -> Iterator[str]:
    """Releases that can be attached beside one of a dataset: its other versions, and all other datasets."""
    own = next((one for one in known if one.name == dataset), None)
    for version in own.versions if own else ():
        if version not in (own.statuses if own else ()):
            yield f"v{_alias(version).strip('_')}:{dataset}@{version}"
    for one in known:
        if one.name != dataset and one.latest:
            yield f"{_alias(one.name)}:{one.name}@{LATEST}"


def _alias(name: str) -> str:
    """A plain identifier that reminds of a name."""
    alias = re.sub(r"[^A-Za-z0-9_]", "_", name)[:60]
    return alias if not alias[:1].isdigit() else f"_{alias}"
