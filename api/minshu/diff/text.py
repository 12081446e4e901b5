"""A difference as text for people: the changes by weight, then the rows of each table, and the verdict last."""

from collections.abc import Iterator

from minshu.diff.view import SIGNS, View
from minshu.reports.cells import visible

_COLOURS = {"major": "31", "minor": "33", "patch": "36", "none": "32", "-": "31", "+": "32", "~": "33"}


def render(view: View) -> str:
    """The difference in lines, with a final newline."""
    return "\n".join([*_changes(view), *_tables(view), _verdict(view)]) + "\n"


def _changes(view: View) -> Iterator[str]:
    from rich.cells import cell_len

    rows = [
        (view.bump(change.bump), visible(change.resource or ""), visible(change.field or ""), view.sentence(change))
        for change in view.difference.changes
    ]
    widths = [max(map(cell_len, column)) for column in list(zip(*rows, strict=True))[:3]]
    for change, row in zip(view.difference.changes, rows, strict=True):
        padded = [text + " " * (width - cell_len(text)) for text, width in zip(row[:3], widths, strict=True)]
        padded[0] = _coloured(view, padded[0], change.bump)
        yield "  ".join([*padded, row[3]])


def _tables(view: View) -> Iterator[str]:
    for table in view.difference.tables:
        if not (table.rows.added or table.rows.removed or table.rows.changed):
            continue
        yield ""
        pairing = view.either(f" ({view.pairing(table)}): ", f"（{view.pairing(table)}）：")
        yield f"{visible(table.name)}{pairing}{view.counts(table)}"
        for change in view.rows.get(table.name, ()):
            sign = SIGNS[change.kind]
            yield f"  {_coloured(view, sign, sign)} {'  '.join(view.cells(table, change))}"
        if more := view.unlisted(table):
            yield f"  {more}"


def _verdict(view: View) -> str:
    if view.difference.changes:
        return f"\n{view.title}{view.either(': ', '：')}{_coloured(view, view.verdict, view.difference.verdict)}"
    return f"{view.title}{view.either(': ', '：')}{_coloured(view, view.verdict, 'none')}"


def _coloured(view: View, text: str, style: str) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if view.colour else text
