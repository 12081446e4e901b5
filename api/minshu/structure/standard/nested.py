"""Rows in JSON: arrays or objects, of a file, of its lines, or of the descriptor itself."""

from collections.abc import Iterable, Iterator
from typing import Any

import ijson
from frictionless import FrictionlessException
from frictionless import errors as kinds
from frictionless.formats.inline import InlineControl, InlineParser
from frictionless.formats.json import JsonControl
from frictionless.formats.json.parsers.json import JsonParser
from frictionless.formats.json.parsers.jsonl import JsonlParser

from minshu.descriptors import parse_json
from minshu.errors import DescriptorInvalid
from minshu.structure.standard.text import lines_of

KINDS = {"array": (list, tuple), "object": dict}


class ArrayParser(JsonParser):
    """A file of JSON with the rows in an array, at its root or at a `property`."""

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The header, and the rows. Raises FrictionlessException."""
        control = JsonControl.from_dialect(self.resource.dialect)
        path = "item" if control.property is None else f"{control.property}.item"
        items = ijson.items(self.loader.byte_stream, path)
        yield from _table(
            items, control, self.resource, f'cannot extract JSON tabular data from "{self.resource.path}"'
        )


class LinesParser(JsonlParser):
    """A file of JSON in lines, each with one row."""

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The header, and the rows. Raises FrictionlessException."""
        control = JsonControl.from_dialect(self.resource.dialect)
        lines = enumerate(lines_of(self.loader, self.resource.encoding), start=1)
        items = (_parsed(line, number) for number, line in lines if line.strip())
        yield from _table(items, control, self.resource, "the source is empty")


class DescriptorParser(InlineParser):
    """Rows that stand in the descriptor."""

    def read_cell_stream_create(self) -> Iterator[list[Any]]:
        """The header, and the rows. Raises FrictionlessException."""
        if isinstance(self.resource.data, list):
            control = InlineControl.from_dialect(self.resource.dialect)
            yield from _table(iter(self.resource.data), control, self.resource, "the source is empty")
        else:
            yield from super().read_cell_stream_create()  # type: ignore[no-untyped-call]


def _parsed(line: str, number: int) -> Any:
    try:
        return parse_json(line.encode(), f"line {number}")
    except (DescriptorInvalid, UnicodeEncodeError) as error:
        raise FrictionlessException(kinds.SourceError(note=str(error))) from error


def _table(items: Iterable[Any], control: Any, resource: Any, empty: str) -> Iterator[list[Any]]:
    items = iter(items)
    kind = control.custom.get("itemType")
    first = next(items, None)
    if first is None:
        raise FrictionlessException(kinds.SourceError(note=empty))
    keys: list[str] | None = None
    if isinstance(first, dict):
        control.keyed = True
        keys = control.keys or (resource.schema.field_names if resource.schema else list(first))
        yield list(keys)
    for item in _chained(first, items):
        if not isinstance(item, KINDS.get(kind or "", dict if keys else (list, tuple))):  # type: ignore[arg-type]
            note = f"a row is no {kind}" if kind else "unsupported inline data"
            raise FrictionlessException(kinds.SourceError(note=note))
        yield [item.get(key) for key in keys] if keys is not None else list(item)


def _chained(first: Any, items: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from items
