"""Bodies of JSON, read as far as they may be and held against a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from minshu.http.dependencies import read_body

LONGEST: Final = 65_536

Told = TypeVar("Told", bound=BaseModel)


async def told(request: Request, kind: type[Told]) -> Told:
    """What the body says. FastAPI would read a body of any length, and before it asks who sends it.

    Raises HTTPException for one that is too long, and RequestValidationError.
    """
    body = await read_body(request, LONGEST)
    with _refusing():
        return kind.model_validate_json(body)


def validated(kind: type[Told], value: object) -> Told:
    """What was read of a body in another way. Raises RequestValidationError."""
    with _refusing():
        return kind.model_validate(value)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
