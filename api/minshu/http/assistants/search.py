"""The tool that finds datasets, tables, columns and rows."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from minshu.browse import Release
from minshu.errors import BadParameter
from minshu.http.assistants.asking import Answer, Asking, shortened
from minshu.http.assistants.models import SearchArguments
from minshu.http.directory import Entry
from minshu.http.finding import Found, find, newest_first
from minshu.http.index import KINDS, Kind
from minshu.http.results import Question, group, rows_group
from minshu.http.row_search import Position
from minshu.search import parse_words

FEW, MANY = 5, 20
"""How many finds of a kind are told beside those of others, and alone."""

ROWS_EACH: Final = 3
"""How many rows of a table are told."""

TOLD_MAX: Final = 400
"""Characters of a description among finds. `describe_dataset` tells all of it."""


def search(asking: Asking, asked: SearchArguments) -> tuple[Answer, str]:
    """What is found, by kind, and the releases that it is of."""
    if asked.page > 1 and asked.kind not in KINDS:
        raise BadParameter(f"page goes on in one kind: name it as `kind`, one of {', '.join(KINDS)}.")
    if asked.after and asked.kind not in ("all", "rows"):
        raise BadParameter("after goes on in rows: leave `kind` out, or make it `rows`.")
    asking.account.check()
    with asking.account.timed():
        question = Question(asked.q, parse_words(asked.q, "q"), asking.links)
        entries = [entry for entry in asking.services.directory.entries() if not entry.is_gone]
        told, releases = _said(question, entries, asked)
        after = None
        if asked.kind in ("all", "rows"):
            found, inside, after = _in_rows(asking, question, entries, asked)
            told, releases = {**told, "rows": found}, [*releases, *inside]
    cited = [asking.cited(release) for release in dict.fromkeys(releases)]
    counts = [f"{kind}: {_count(found)}" for kind, found in told.items()]
    return {"q": asked.q, **told, "after": after, "releases": cited}, f"Found {', '.join(counts)}."


def _said(question: Question, entries: Sequence[Entry], asked: SearchArguments) -> tuple[Answer, list[Release]]:
    """What is found in what is said of data; all datasets where no word is given."""
    finds = find(entries, question.words) if question.words else _all(entries)
    size, page = (FEW, None) if asked.kind == "all" else (MANY, asked.page)
    chosen = {kind: found for kind, found in finds.items() if asked.kind in ("all", kind)}
    told: Answer = {kind: group(question, kind, found, size, page) for kind, found in chosen.items()}
    for result in (result for found in told.values() for result in found["results"]):
        result["description"] = shortened(result["description"], TOLD_MAX)
    start = size * ((page or 1) - 1)
    return told, [one.release for found in chosen.values() for one in islice(found, start, start + size)]


def _all(entries: Sequence[Entry]) -> dict[Kind, list[Found]]:
    told = ((entry.release, entry.told) for entry in newest_first(entries))
    listed = [Found(release, it.get("title"), it.get("description"), None, None) for release, it in told if release]
    return {"datasets": listed, "tables": [], "columns": []}


def _in_rows(
    asking: Asking, question: Question, entries: Sequence[Entry], asked: SearchArguments
) -> tuple[Answer, list[Release], str | None]:
    behind = Position.parse(asked.after) if asked.after else None
    size = FEW if asked.kind == "all" else MANY
    found = asking.services.row_search.find(entries, question.words, size, ROWS_EACH, behind)
    after = found.resume.text if found.left and found.resume else None
    return rows_group(question, found), [place.release for place, _ in found.found], after


def _count(found: Answer) -> str:
    """How much was found of a kind. Rows are not counted, but told by table."""
    return str(found["count"]) if "count" in found else f"in {len(found['results'])} tables"
