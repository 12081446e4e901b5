"""The words of other catalogues, as a descriptor may hold them."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from minshu.descriptors import Descriptor
from minshu.xml_text import xml_text

LONGEST: Final = 20_000
"""Characters of a text."""

_IDENTIFIER: Final = re.compile(r"[-a-zA-Z0-9._]{1,100}")
# What CKAN writes where nobody said anything.
_UNSAID: Final = "notspecified"
# An identifier by SPDX's rule for licences that are not in its list.
_UNNAMED: Final = "LicenseRef-unnamed"


def cleaned(text: object) -> str:
    """A text without what no document may hold, and of a length that fits; empty for what is none."""
    return xml_text(text).strip()[:LONGEST] if isinstance(text, str) else ""


def web(url: str) -> str:
    """An address of the web; empty where it is none, holds a login, or is one that no document may hold."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_of_web = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return url if is_of_web and url == xml_text(url) and not re.search(r"[\s<>\"{}|\\^`]", url) else ""


def both(told: Sequence[tuple[str, str]]) -> str:
    """`中文 / English` of a text in several languages, where it can be written so; else the first that we know.

    `told` has the tag of each text's language, in lower case and empty where nobody says, and the text.
    """
    texts = [(tag, found) for tag, text in told if (found := cleaned(text))]
    chinese = next((text for tag, text in texts if tag.startswith("zh")), "")
    english = next((text for tag, text in texts if tag.startswith("en")), "")
    if chinese and english and " / " not in chinese + english:
        return f"{chinese} / {english}"
    return chinese or english or (texts[0][1] if texts else "")


def licence(name: str, title: str, url: str) -> Descriptor | None:
    """A licence as its catalogue names it; None where it names none."""
    if name == _UNSAID:
        return None
    told = {
        "name": name if _IDENTIFIER.fullmatch(name) else "",
        "path": web(url),
        "title": cleaned(title),
    }
    kept = {key: value for key, value in told.items() if value}
    if kept.keys() == {"title"}:
        return {"name": _UNNAMED, **kept}
    return kept or None


def party(title: str, url: str, role: str) -> Descriptor:
    """Somebody who has to do with a dataset. Addresses of mail are persons' own, and are left where they are."""
    return {"title": cleaned(title), **({"path": url} if web(url) else {}), "roles": [role]}
