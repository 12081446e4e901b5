"""What DuckDB tells of a statement that failed: plain words, the place, and the names that may have been meant."""

import json
import re
from typing import Any, Final

from minshu.errors import SqlFailed
from minshu.errors.sql import Place

_START: Final = '{"exception_type"'
# The hints stand behind the sentence, each name of them quoted; a list of all functions of a name is no hint.
_HINTS: Final = re.compile(r"\s*(?:Candidate bindings:|Did you mean|Candidate functions:)")
_NAME: Final = re.compile(r'"((?:[^"]|"")*)"')


def failure_of(error: Exception, text: str, behind: int = 0) -> SqlFailed:
    """The error that tells a stranger why his statement failed, which stood behind so many bytes."""
    told = _told(str(error))
    if told is None:
        return SqlFailed(_sentence(str(error)))
    message = str(told.get("exception_message", ""))
    hints = _HINTS.search(message)
    reason = _sentence(message[: hints.start()] if hints else message)
    meant = _NAME.findall(message[hints.end() :]) if hints and "functions" not in hints[0] else []
    question = f" Did you mean {' or '.join(meant)}?" if meant else ""
    offset = str(told.get("position", ""))
    place = Place.of_byte(text, int(offset) - behind) if offset.isdecimal() else None
    return SqlFailed(reason + question, place, meant)


def _told(message: str) -> dict[str, Any] | None:
    """The object that DuckDB writes its errors as; None for an error of something else, such as Arrow."""
    start = message.find(_START)
    if start < 0:
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _sentence(message: str) -> str:
    """A message without its drawing of the place, or its hints for who runs the server."""
    sentence = " ".join(message.split("\n\n")[0].split("Traceback")[0].split()).rstrip("!")
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
