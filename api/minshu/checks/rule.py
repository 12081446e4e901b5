"""A rule across tables, as SQL."""

from dataclasses import dataclass

from minshu.manifest import Severity


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that one table's schema cannot say, as SQL that returns the offending rows.

    The SQL runs in DuckDB. Every table of the package is a view of its typed rows in the publisher's order, with a
    column `_row` more: the row's number in the file, the header being 1. Every non-tabular text resource is a view
    of one row and one column, `text`. The statement returns `_row` of `table` first; further columns are shown to
    the reader of the report. What breaks a rule of severity `warning` leaves the package valid.
    """

    name: str
    table: str
    description: str
    sql: str
    severity: Severity = "error"
