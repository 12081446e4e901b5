"""Tables row by row: what SQL cannot judge, judged by frictionless's own rows, with the keys held in memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from frictionless import FrictionlessException
from frictionless import errors as kinds
from frictionless.table.row import Row, create_cell_handlers

from minshu.structure.findings import Judge, Marks, start_errors
from minshu.structure.keys import Keys, hashable, keys_of
from minshu.structure.outcome import Outcome


def validate(resource: Any, limit: int) -> Any:
    """Frictionless's report on one resource, every row of it read."""
    outcome = Outcome(limit)
    probe, foreign = without_foreign_keys(resource)
    try:
        resource.to_descriptor(validate=True)
        if not resource.tabular:
            return _validate_file(probe, outcome)
        with probe:
            # All of them, for a table that does not exist is an error even where no column refers to it.
            lookups = {str(key): _lookup(resource, key["reference"]) for key in foreign}
            keys = keys_of(probe.schema, probe.header.get_expected_fields(), foreign)
            outcome.add(*start_errors(probe))
            _judge_rows(probe, keys, lookups, outcome)
            return outcome.report(probe, probe.labels)
    except FrictionlessException as error:
        outcome.add(*error.to_errors())
        return outcome.unread(probe)


def without_foreign_keys(resource: Any) -> tuple[Any, list[Mapping[str, Any]]]:
    """A copy that opens no other table when it is opened, and the foreign keys that it had."""
    probe = resource.to_copy()
    if not (resource.tabular and probe.schema and probe.schema.foreign_keys):
        return probe, []
    foreign = probe.schema.foreign_keys
    probe.schema.foreign_keys = []
    return probe, foreign


def rows_of(probe: Any) -> Iterator[Row]:
    """The rows of an opened table, with no key looked at. Raises FrictionlessException."""
    handlers = create_cell_handlers(probe.header.get_expected_fields())
    for number, cells in probe.dialect.read_enumerated_content_stream(probe.cell_stream):
        yield Row(cells, handlers=handlers, row_number=number)


def _validate_file(probe: Any, outcome: Outcome) -> Any:
    """A file that is no table: whether it can be read, and what is declared of it."""
    with probe:
        return outcome.report(probe, [])


def _judge_rows(probe: Any, keys: Keys, lookups: Mapping[str, set[Any]], outcome: Outcome) -> None:
    seen: dict[tuple[str, ...], dict[Any, int]] = {key: {} for key in keys.different}
    probe.stats.rows = 0
    try:
        for row in rows_of(probe):
            probe.stats.rows += 1
            marks = Marks()
            _mark_repeated(row, seen, marks)
            _mark_foreign(row, keys, lookups, marks)
            outcome.add(*Judge(keys, marks).errors(row))
    except FrictionlessException as error:
        outcome.add(error.error)


def _mark_repeated(row: Row, seen: dict[tuple[str, ...], dict[Any, int]], marks: Marks) -> None:
    for key, rows in seen.items():
        cells = tuple(hashable(row[name]) for name in key)
        if None in cells:
            continue
        if cells in rows:
            marks.repeated[key] = {row.row_number: rows[cells]}
        rows[cells] = row.row_number


def _mark_foreign(row: Row, keys: Keys, lookups: Mapping[str, set[Any]], marks: Marks) -> None:
    for position, key in enumerate(keys.foreign):
        if tuple(hashable(row[name]) for name in key["fields"]) not in lookups[str(key)]:
            marks.foreign[position] = {row.row_number}


def _lookup(resource: Any, reference: Mapping[str, Any]) -> set[Any]:
    """The keys of the table that a foreign key points at."""
    name = reference["resource"] or resource.name
    if resource.package is None or not resource.package.has_resource(name):
        note = f'failed to handle a foreign key for resource "{resource.name}" as resource "{name}" does not exist'
        raise FrictionlessException(kinds.ResourceError(note=note))
    target, _ = without_foreign_keys(resource.package.get_resource(name))
    with target:
        return {tuple(hashable(row.get(field)) for field in reference["fields"]) for row in rows_of(target)}
