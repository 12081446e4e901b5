"""A release as a work that is cited: whose it is, what it is called, where it stands."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from minshu.bilingual import localized
from minshu.browse import Release
from minshu.citation import Author, Work
from minshu.http.links import Links
from minshu.opening import OPENING
from minshu.reports import Language

AUTHORS: Final = ("author", "creator")
PUBLISHER: Final = "publisher"

Contributor = Mapping[str, Any]


def work_of(release: Release, links: Links, language: Language, today: date) -> Work:
    """The work that a release is, in the words of a language where its publisher gave them."""
    people = list(_contributors(release.descriptor))
    made = [_author(one, language) for one in people if _has_role(one, *AUTHORS)]
    return Work(
        name=release.name,
        version=release.version,
        title=_text(release.descriptor.get("title"), language) or release.name,
        authors=[author for author in made if author.name],
        publisher=_publisher(release.descriptor, people, language),
        published=release.published.date(),
        accessed=today,
        url=links.release(release.name, release.version),
        sha256=release.sha256,
        language=language,
    )


def _publisher(descriptor: Mapping[str, Any], people: list[Contributor], language: Language) -> str:
    """Who published it: whoever has that role, else who answers for it, else nobody who is known."""
    named = (_author(one, language).name for one in people if _has_role(one, PUBLISHER))
    stated = descriptor.get(OPENING)
    answering = stated.get("responsibleParty") if isinstance(stated, dict) else None
    return next(filter(None, named), "") or _text(answering, language)


def _contributors(descriptor: Mapping[str, Any]) -> Iterator[Contributor]:
    found = descriptor.get("contributors")
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


def _has_role(contributor: Contributor, *wanted: str) -> bool:
    """Whether a contributor has one of these roles; version 1 of the standard knew one `role` each."""
    roles = contributor.get("roles")
    held = roles if isinstance(roles, list) else [contributor.get("role")]
    return any(str(role).lower() in wanted for role in held)


def _author(contributor: Contributor, language: Language) -> Author:
    family, given = (_text(contributor.get(key), language) for key in ("familyName", "givenName"))
    literal = _text(contributor.get("title"), language) or _text(contributor.get("organization"), language)
    return Author(family=family, given=given) if family and given else Author(literal=literal or family or given)


def _text(value: object, language: Language) -> str:
    """A text on one line, in the language; empty for what is none."""
    return " ".join(localized(language, value).split()) if isinstance(value, str) else ""
