"""A difference is found in bounded memory, whatever the size of the tables."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.diff.conftest import MEMORY, table_of

from minshu.diff import Side, SideName

ROWS = 4_000_000
FIELDS = [{"name": "id", "type": "integer"}, {"name": "a", "type": "string"}, {"name": "b", "type": "string"}]
COMPARE = """
import sys
from pathlib import Path
from minshu.diff import Side, SideName, compared
from tests.diff.test_memory import FIELDS, ROWS, side
memory = int(sys.argv[3])
found = compared(side(Path(sys.argv[1]), sys.argv[4]), side(Path(sys.argv[2]), sys.argv[4]), memory)
rows = found.tables[0].rows
# Not ru_maxrss: to that counts what pytest, from which this process was forked, had in memory.
(peak,) = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(rows.added, rows.removed, rows.changed, peak)
"""


def side(database: Path, key: str) -> Side:
    schema = {"fields": FIELDS, "primaryKey": [key] if key else []}
    tables = {"t": table_of("t", schema, ("BIGINT", "VARCHAR", "VARCHAR"), ROWS)}
    resources = [{"name": "t", "path": "t.csv", "schema": schema}]
    return Side(SideName(name="t"), {"name": "t", "resources": resources}, tables, {}, database, {})


def made(database: Path, start: int, step: int) -> Path:
    with duckdb.connect(database) as connection:
        connection.execute(
            f"create table t as select i as id, 'text ' || hash(i) as a,"
            f" 'more ' || hash(i + (i % {step} = 0)::int) as b from range({start}, {start + ROWS}) r(i)"
        )
    return database


@pytest.mark.slow
@pytest.mark.parametrize(("key", "expected"), [("id", [1000, 1000, 3999]), ("", [4999, 4999, 0])])
def test_four_million_rows_are_compared_in_a_bounded_memory(key: str, expected: list[int], tmp_path: Path) -> None:
    old, new = made(tmp_path / "old.duckdb", 0, ROWS * 2), made(tmp_path / "new.duckdb", 1000, 1000)
    command = [sys.executable, "-c", COMPARE, str(old), str(new), str(MEMORY), key]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    *counts, peak = map(int, done.stdout.split())
    assert counts == expected
    assert peak < 600 * 1024
