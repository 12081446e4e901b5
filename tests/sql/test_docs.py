"""What docs/sql.md says is so."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson
import pytest

from minshu.formats import FORMATS, columns_of, json_cells
from minshu.settings import Settings
from minshu.sql import Attachment, SqlQuery, SqlService
from minshu.sql.engine import MAX_COLUMNS
from minshu.sql.functions import TABLE_FUNCTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sql.md").read_text("utf-8")
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
VALUES = [row.strip("| ").split("|") for row in PAGE.splitlines() if re.match(r"\| .* \| `.*` \|.*\| .* \|$", row)]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the work points that the page asks."""
    path = tmp_path_factory.mktemp("docs") / "points.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table in ("assignments", "organizations", "places", "targets", "work_points"):
            file = ROOT / "datasets" / "work-points-2019" / "data" / f"{table}.csv"
            connection.execute(f"CREATE TABLE {table} AS FROM read_csv('{file}', all_varchar = {table == 'places'})")
    return path


@pytest.fixture(scope="module")
def divisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other dataset that the page asks."""
    path = tmp_path_factory.mktemp("docs") / "divisions.duckdb"
    file = ROOT / "datasets" / "fujian-divisions" / "data" / "divisions.csv"
    with duckdb.connect(str(path)) as connection:
        types = "{'code': 'VARCHAR', 'parent_code': 'VARCHAR'}"
        connection.execute(f"CREATE TABLE divisions AS FROM read_csv('{file}', types = {types})")
    return path


@pytest.fixture(scope="module")
def running() -> Iterator[SqlService]:
    with SqlService(Settings()) as service:
        yield service


@pytest.mark.parametrize("text", STATEMENTS)
def test_every_example_is_answered(text: str, points: Path, divisions: Path, running: SqlService) -> None:
    parameters = {name: value for name, value in (("low", "3"), ("high", "5")) if f"${name}" in text}
    answer = running.run(SqlQuery(text, points, (Attachment("older", points), Attachment("gb", divisions)), parameters))
    assert answer.rows > 0 or "ANTI JOIN" in text


@pytest.mark.parametrize(("expression", "text", "value"), [row[1:] for row in VALUES])
def test_every_value_has_the_form_that_the_page_shows(expression: str, text: str, value: str) -> None:
    expression, text, value = (cell.strip().strip("`") for cell in (expression, text, value))
    with duckdb.connect() as connection:
        relation = connection.sql(f"SELECT {expression} AS x")
        types, table = [str(kind) for kind in relation.types], relation.to_arrow_table()
    columns = columns_of(table.schema, types, table.to_batches())
    out = io.BytesIO()
    FORMATS["csv"].write(table.to_reader(), columns, out)
    assert out.getvalue().decode() == f"x\n{text}\n"
    assert orjson.dumps(json_cells(table.to_batches()[0], columns)).decode() == f"[[{value}]]"


def test_the_page_shows_every_form() -> None:
    assert len(VALUES) >= 25
    assert len(STATEMENTS) >= 5


def test_the_page_names_every_limit_as_it_is() -> None:
    defaults = Settings.model_fields
    shown = {
        "sql_deadline": "5",
        "sql_patience": "15",
        "sql_rows": "10,000",
        "sql_bytes": "32 MiB",
        "sql_text": "20,000",
        "sql_memory": "512 MiB",
    }
    scale = {"sql_bytes": 1 << 20, "sql_memory": 1 << 20}
    for name, text in shown.items():
        assert defaults[name].default == int(re.sub(r"\D", "", text)) * scale.get(name, 1)
        assert re.search(rf"\| {text} \| `{name}` \|", PAGE)
    assert f"| columns of an answer | {MAX_COLUMNS:,} |" in PAGE


def test_the_page_names_every_table_function() -> None:
    assert all(f"`{name}`" in PAGE for name in TABLE_FUNCTIONS)
