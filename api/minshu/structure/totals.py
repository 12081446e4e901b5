"""How many errors the rows of a table have in all, where there are more than are listed.

No row is looked at: each value that may be wrong is judged once and counted as often as it stands in the table.
"""

from minshu.structure.compile import Compiled
from minshu.structure.keys import Keys
from minshu.structure.tabulated import DISTINCT_BATCH, Tabulated


def row_errors(table: Tabulated) -> int:
    """The errors of all rows, those of foreign keys left out."""
    cells = sum(_cell_errors(table, item) for item in table.fields if table.may_err(item))
    counts = [f"count_if({table.blank})", *(_repeated(table, key) for key in _checked(table.keys))]
    if table.keys.primary:
        counts.append(f"count_if({table.key(table.keys.primary)} is null)")
    if table.source.staged:
        counts.append(f"coalesce(sum(abs(n - {table.source.width})) filter (not {table.blank}), 0)")
    return cells + sum(map(int, table.run(f"select {', '.join(counts)} from {table.source.relation}").fetchall()[0]))


def _checked(keys: Keys) -> list[tuple[str, ...]]:
    """The keys as often as an error of theirs is told: a primary key may be declared unique besides."""
    return [*((name,) for name in keys.fields), *([keys.primary] if keys.primary else []), *keys.unique]


def _repeated(table: Tabulated, key: tuple[str, ...]) -> str:
    value = table.key(key)
    return f"count({value}) - count(distinct {value})"


def _cell_errors(table: Tabulated, item: Compiled) -> int:
    read = item.field.create_cell_reader()
    fine = f"coalesce({item.fine(table.bad.get(item.cell))}, false)"
    found = table.run(
        f"select {item.cell}, count(*) from {table.source.relation} where not {fine} and not {table.blank} group by all"
    )
    total = 0
    while batch := found.fetchmany(DISTINCT_BATCH):
        total += sum(len(read(cell)[1] or ()) * count for cell, count in batch)
    return total
