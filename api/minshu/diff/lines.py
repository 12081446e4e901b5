"""Rows that differ, as NDJSON: one line each."""

from typing import Any

import orjson

from minshu.diff.cells import RowChange
from minshu.diff.model import TableDifference


def told(table: TableDifference, change: RowChange) -> dict[str, Any]:
    """A row that differs: of one that came or went all cells, of one that changed its key and the cells that differ."""
    if change.kind != "changed" or change.old is None or change.new is None:
        return {"resource": table.name, "change": change.kind, "row": change.new or change.old}
    before = dict(zip(table.fields, table.old_fields, strict=True))
    return {
        "resource": table.name,
        "change": change.kind,
        "key": {name: change.new[name] for name in table.key or ()},
        "cells": {name: {"old": change.old[before[name]], "new": change.new[name]} for name in change.fields},
    }


def line(table: TableDifference, change: RowChange) -> bytes:
    """The same as a line of NDJSON."""
    return orjson.dumps(told(table, change), option=orjson.OPT_APPEND_NEWLINE)
