"""CKAN's `package_search`: packages found, sorted, counted and paged."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from minshu.errors import ArgumentInvalid, BadSearch
from minshu.http.browsing import alphabetical
from minshu.http.ckan_api.arguments import Arguments
from minshu.http.ckan_api.catalogue import Known
from minshu.http.index import TOLD
from minshu.metadata.ckan_fields import COUNTED, FIELDS
from minshu.metadata.solr import LONGEST, Question, parse

ROWS: Final = 10
ROWS_MAX: Final = 1000
"""Packages of one answer: as many as CKAN gives."""

SORT: Final = "score desc, metadata_modified desc"
FACET_ROWS: Final = 50
FACETS_MAX: Final = 50
"""Fields of one answer. Each is counted in every package that is found."""

_BEST: Final = ("score", "relevance", "rank")
_SORTS: Final[Mapping[str, Callable[[Known], Any]]] = {
    "name": lambda known: known.name,
    "id": lambda known: known.id,
    "title": lambda known: alphabetical(known.entry.title),
    "title_string": lambda known: alphabetical(known.entry.title),
    "metadata_modified": lambda known: known.release.modified,
    "metadata_created": lambda known: known.issued,
}


def search(packages: Sequence[Known], arguments: Arguments) -> dict[str, Any]:
    """The packages that are asked for. Raises BadSearch or ArgumentInvalid."""
    questions = _questions(arguments)
    sort = arguments.text("sort") or SORT
    found = [known for known in packages if all(question.holds(known.document) for question in questions)]
    words = [word for question in questions for word in question.words]
    ordered = _sorted(found, sort, words)
    start, rows = arguments.number("start", 0), min(arguments.number("rows", ROWS), ROWS_MAX)
    facets = _facets(found, arguments)
    return {
        "count": len(ordered),
        "sort": sort,
        "facets": {field: {item["name"]: item["count"] for item in items} for field, items in facets.items()},
        "search_facets": {field: {"title": field, "items": items} for field, items in facets.items()},
        "results": [known.package() for known in ordered[start : start + rows]],
    }


def _questions(arguments: Arguments) -> list[Question]:
    texts = [("q", arguments.text("q")), *(("fq", text) for text in arguments.texts("fq"))]
    texts += [("fq_list", text) for text in arguments.texts("fq_list")]
    questions = [parse(text, FIELDS, name) for name, text in texts]
    if (length := sum(len(text) for _, text in texts)) > LONGEST:
        raise BadSearch("fq_list", f"has {length} characters together with q and fq, and they may have {LONGEST}")
    return [question for question in questions if not question.is_open]


def _sorted(found: list[Known], sort: str, words: Sequence[str]) -> list[Known]:
    """The packages in the order that is asked for; whatever that leaves open is settled by name. Raises BadSearch."""
    for field, down in reversed(_keys(sort).items()):
        if field in _BEST:
            found = sorted(found, key=lambda known: _rank(known, words))
        else:
            found = sorted(found, key=_SORTS[field], reverse=down)
    return found


def _keys(sort: str) -> dict[str, bool]:
    """The fields of Solr's `field direction, …`, each with whether it goes down. What comes again orders nothing."""
    keys: dict[str, bool] = {}
    for part in sort.split(","):
        match = re.fullmatch(r"\s*+(\w++)(?:\s+(asc|desc))?\s*+", part, re.IGNORECASE)
        if match is None or (match[1] not in _BEST and match[1] not in _SORTS):
            known = ", ".join(_SORTS)
            raise BadSearch("sort", f"has {part[:80]!r}, but must be fields with asc or desc: {known}, score")
        keys.setdefault(match[1], (match[2] or "asc").lower() == "desc")
    return keys


def _rank(known: Known, words: Sequence[str]) -> int:
    rank = known.entry.index.parts[0].rank(words) if words else 0
    return TOLD + 1 if rank is None else rank


def _facets(found: Iterable[Known], arguments: Arguments) -> dict[str, list[dict[str, Any]]]:
    given = arguments.texts("facet.field") if arguments.flag("facet", default=True) else []
    names = list(dict.fromkeys(given))
    if len(names) > FACETS_MAX:
        raise ArgumentInvalid("facet.field", f"names {len(names)} fields, and may name {FACETS_MAX}")
    unknown = [name for name in names if name not in COUNTED and not name.startswith("extras_")]
    if unknown:
        raise ArgumentInvalid("facet.field", f"names {unknown[0]!r}. Known: {', '.join(sorted(COUNTED))}, extras_NAME")
    limit, least = arguments.number("facet.limit", FACET_ROWS, -1), arguments.number("facet.mincount", 1)
    known = list(found)
    return {name: _counted(known, name, None if limit < 0 else limit, least) for name in names}


def _counted(found: Sequence[Known], field: str, limit: int | None, least: int) -> list[dict[str, Any]]:
    counts = Counter(value for known in found for value in known.summary.fields.get(field, ()))
    titles = _titles(found) if field == "organization" else {}
    kept = sorted((-count, value) for value, count in counts.items() if count >= least)
    return [{"name": value, "display_name": titles.get(value, value), "count": -less} for less, value in kept[:limit]]


def _titles(found: Iterable[Known]) -> dict[str, str]:
    owners = (known.summary.organization for known in found)
    return {owner["name"]: owner["title"] for owner in owners if owner}
