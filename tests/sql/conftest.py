"""Releases to ask, and services that answer, shared by the tests of SQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from minshu.settings import Settings
from minshu.sql import SqlAnswer, SqlQuery, SqlService

Ask = Callable[..., SqlAnswer]

POINTS = """
CREATE TABLE points AS SELECT * FROM (VALUES
    (1, '数字政府', 1.10::DECIMAL(18,2), DATE '2019-12-31', '0350'),
    (2, '工业互联网', 2.50, NULL, ''),
    (3, NULL, NULL, DATE '2019-06-30', NULL)
) t(number, title, amount, deadline, code);
CREATE TABLE "机构" ("编号" INTEGER, "名称" VARCHAR);
INSERT INTO "机构" VALUES (1, '省数字办'), (2, '省工信厅');
CREATE TABLE big AS SELECT range AS id, range % 7 AS rest FROM range(200000);
"""


def write_release(path: Path, statements: str) -> Path:
    """A release's database."""
    with duckdb.connect(str(path)) as connection:
        for statement in statements.split(";"):
            if statement.strip():
                connection.execute(statement)
    return path


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with three tables."""
    return write_release(tmp_path_factory.mktemp("store") / "points.duckdb", POINTS)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An older version of the same release, with a row less."""
    statements = "CREATE TABLE points AS SELECT 1 AS number, '数字政府' AS title UNION ALL SELECT 2, '工业'"
    return write_release(tmp_path_factory.mktemp("store") / "points.duckdb", statements)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """A short deadline and little memory."""
    return Settings(sql_deadline=1.0, sql_memory=256 << 20, sql_rows=1000, sql_bytes=1 << 20, sql_workers=1)


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[SqlService]:
    """One service for all tests that leave it as it was."""
    with SqlService(settings) as running:
        yield running


@pytest.fixture(scope="session")
def ask(service: SqlService, release: Path) -> Ask:
    """Ask the service about the release."""

    def asked(text: str, **options: Any) -> SqlAnswer:
        return service.run(SqlQuery(text, release, **options))

    return asked


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[SqlService]:
    """A service whose workers judge nothing: the second and the third wall alone."""
    start = (
        "import sys; sys.path.insert(0, sys.argv[1]); from minshu.sql import guard; "
        "guard.Guard.check = lambda self, text, tables: guard.Verdict((), False); "
        "from minshu.sql.worker import main; main()"
    )
    monkeypatch.setattr("minshu.workers.process._START", start)
    with SqlService(settings) as running:
        yield running
