"""What the standard says and frictionless does not do: fields, dialects and formats, as a plugin of frictionless's.

The plugin is in force within `corrected()` only. Whoever uses frictionless beside us has it as it comes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from frictionless import Plugin, system

from minshu.structure.standard.binary import FORMATS, BinaryParser
from minshu.structure.standard.delimited import DelimitedParser
from minshu.structure.standard.fields import FIELDS
from minshu.structure.standard.nested import ArrayParser, DescriptorParser, LinesParser
from minshu.structure.standard.sheets import OdsParser

PARSERS: Mapping[str, Any] = {
    "csv": DelimitedParser,
    "tsv": DelimitedParser,
    "json": ArrayParser,
    "jsonl": LinesParser,
    "ndjson": LinesParser,
    "inline": DescriptorParser,
    "ods": OdsParser,
    **dict.fromkeys(FORMATS, BinaryParser),
}
_IN_FORCE: ContextVar[bool] = ContextVar("in_force", default=False)


@contextmanager
def corrected() -> Iterator[None]:
    """Have frictionless read as the standard says, in this thread, until the block ends."""
    token = _IN_FORCE.set(True)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


class StandardPlugin(Plugin):
    """Frictionless asks its plugins before it takes a class of its own."""

    def create_parser(self, resource: Any) -> Any:
        """The reader of a resource's format."""
        parser = PARSERS.get(resource.format) if _IN_FORCE.get() else None
        return parser(resource) if parser else None

    def detect_resource(self, resource: Any) -> None:
        """A file of a format that frictionless does not know is a table all the same."""
        if _IN_FORCE.get() and resource.format in FORMATS:
            resource.datatype = resource.datatype or "table"

    def select_field_class(self, type: str | None = None) -> Any:  # noqa: A002  # frictionless's name
        """The class of a field type."""
        return FIELDS.get(type or "") if _IN_FORCE.get() else None


system.register("minshu", StandardPlugin())
