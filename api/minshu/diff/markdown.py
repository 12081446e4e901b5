"""A difference as GitHub-flavoured Markdown: for a job's summary, a comment, or notes of a release."""

from collections.abc import Iterator

from minshu.diff.view import SIGNS, View
from minshu.reports.markdown import escaped

LISTED = 100
"""The most changes listed: a comment holds 65,536 characters."""


def render(view: View) -> str:
    """The verdict, the changes, and the rows of each table."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: View) -> Iterator[str]:
    yield f"### {escaped(view.title)}{view.either(': ', '：')}{view.verdict}"
    if view.difference.changes:
        yield ""
        yield view.either("| takes | where | what changed |", "| 级别 | 位置 | 变化 |")
        yield "| --- | --- | --- |"
    for change in view.difference.changes[:LISTED]:
        where = " ".join(filter(None, (change.resource, change.field)))
        yield f"| {view.bump(change.bump)} | {escaped(where)} | {escaped(view.sentence(change))} |"
    if (more := len(view.difference.changes) - LISTED) > 0:
        yield ""
        yield view.either(f"… and {more:,} more changes.", f"……另有 {more:,} 处变化。")
    for table in view.difference.tables:
        if table.rows.added or table.rows.removed or table.rows.changed:
            yield ""
            yield f"**{escaped(table.name)}** ({escaped(view.pairing(table))}) {view.counts(table)}"
            yield ""
            for row in view.rows.get(table.name, ()):
                yield f"- {escaped(SIGNS[row.kind])} {escaped('  '.join(view.cells(table, row)))}"
            if unlisted := view.unlisted(table):
                yield f"- {unlisted}"
