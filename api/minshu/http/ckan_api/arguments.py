"""The arguments of an action of CKAN's: in the query, in a JSON object, or in a form."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request

from minshu.errors import ArgumentInvalid
from minshu.http.dependencies import QueryDep, read_body
from minshu.http.negotiation import JSON_MEDIA

LONGEST: Final = 262_144
"""Bytes of a body. Filters may list many values."""

MULTIPART: Final = "multipart/form-data"

_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}

Value = object


class Arguments:
    """What an action was asked with. Names that an action knows nothing of are passed over, as by CKAN."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self.given = {name: value for name, value in given.items() if value is not None}

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[str, str]]) -> "Arguments":
        """Those of a query string or a form: what is given several times is a list."""
        grouped: dict[str, list[str]] = {}
        for name, value in pairs:
            grouped.setdefault(name, []).append(value)
        return cls({name: values[0] if len(values) == 1 else values for name, values in grouped.items()})

    def text(self, *names: str) -> str:
        """The text under the first of these names that is given; else nothing. Raises ArgumentInvalid."""
        name = next((name for name in names if name in self.given), names[0])
        value = self.given.get(name, "")
        if not isinstance(value, str):
            raise ArgumentInvalid(name, "must be one text")
        return value

    def required(self, *names: str) -> str:
        """The same, which must be there. Raises ArgumentInvalid."""
        text = self.text(*names).strip()
        if not text:
            raise ArgumentInvalid(names[0], "is missing")
        return text

    def number(self, name: str, default: int, least: int = 0) -> int:
        """A whole number. Raises ArgumentInvalid."""
        text = self.given.get(name, "")
        if text == "":
            return default
        try:
            found = int(text) if isinstance(text, str) and len(text) < 16 else least - 1
        except ValueError:
            found = least - 1
        if found < least:
            raise ArgumentInvalid(name, f"must be a whole number from {least} on, not {_shown(text)}")
        return found

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false. Raises ArgumentInvalid."""
        value = self.given.get(name, default)
        if isinstance(value, bool):
            return value
        if value == "":
            return default
        if not isinstance(value, str) or value.lower() not in _FLAGS:
            raise ArgumentInvalid(name, f"must be true or false, not {_shown(value)}")
        return _FLAGS[value.lower()]

    def texts(self, name: str, *, commas: bool = False) -> list[str]:
        """Several texts: a list, or one in JSON; `commas` part a text. Raises ArgumentInvalid."""
        value = self.json(name) if str(self.given.get(name, "")).startswith("[") else self.given.get(name, [])
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")] if commas else [value]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ArgumentInvalid(name, "must be a list of texts")
        return [item for item in value if item]

    def json(self, name: str) -> Value:
        """An object or a list, as it is or written in JSON; None where there is none. Raises ArgumentInvalid."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return loaded(value) if value.strip() else None
        except ValueError as error:
            raise ArgumentInvalid(name, f"is not JSON: {error}") from error


def loaded(text: str) -> Value:
    """JSON of which numbers stay as they were written: a double would round the large ones. Raises ValueError."""
    try:
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        # An escape may stand for half a character, which no answer could repeat.
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("too much within each other") from error
    except UnicodeEncodeError as error:
        raise ValueError("it has half a character in it") from error
    return found


async def arguments(request: Request, query: QueryDep) -> Arguments:
    """The arguments of a request. Raises HTTPException for a body that cannot be read."""
    if request.method != "POST":
        return Arguments.of_pairs(query)
    body = await read_body(request, LONGEST)
    kind = request.headers.get("content-type", "")
    if kind.startswith(MULTIPART):
        raise HTTPException(415, f"{MULTIPART} is for files. Send JSON, or application/x-www-form-urlencoded.")
    try:
        text = body.decode().strip()
        # Many send JSON and call it a form: curl does so by itself, and CKAN's own examples are written for that.
        is_json = kind.startswith(JSON_MEDIA) or text.startswith(("{", "["))
        sent = _object(text) if text and is_json else None
    except ValueError as error:
        raise HTTPException(400, f"Bad request - JSON Error: Error decoding JSON data. {error}") from error
    pairs = [*query, *parse_qsl(text, keep_blank_values=True)] if sent is None else query
    return Arguments({**Arguments.of_pairs(pairs).given, **(sent or {})})


def _object(text: str) -> dict[str, Value]:
    found = loaded(text)
    if not isinstance(found, dict):
        raise ValueError("It needs to be a dictionary.")  # noqa: TRY004  # It is the request that is wrong.
    return found


def _shown(value: Value) -> str:
    return repr(value)[:80]


ArgumentsDep = Annotated[Arguments, Depends(arguments)]
