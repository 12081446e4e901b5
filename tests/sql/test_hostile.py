"""The corpus of hostile statements, against all walls and against the last two alone."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from minshu.errors import SqlError, SqlFailed, SqlRefused, SqlSyntaxError
from minshu.settings import Settings
from minshu.sql import SqlQuery, SqlService

CORPUS = Path(__file__).parents[1] / "hostile"
FUNCTIONAL: dict[str, list[str]] = yaml.safe_load((CORPUS / "functional.yaml").read_text("utf-8"))
RESOURCE: list[dict[str, Any]] = yaml.safe_load((CORPUS / "resource.yaml").read_text("utf-8"))
SECRET = "the secret of the server"


@dataclass(frozen=True)
class Ground:
    """The files that attacks aim at."""

    release: Path
    secret: Path
    out: Path

    def aimed(self, text: str) -> str:
        """An attack on these files."""
        places = {"{secret}": self.secret, "{out}": self.out, "{database}": self.release}
        for name, path in places.items():
            text = text.replace(name, str(path))
        return text


@pytest.fixture
def ground(tmp_path: Path, release: Path) -> Ground:
    secret = tmp_path / "secret.csv"
    secret.write_text(f"a,b\n1,{SECRET}\n")
    return Ground(release, secret, tmp_path / "out")


def test_the_corpus_is_of_texts() -> None:
    assert all(isinstance(attack, str) for family in FUNCTIONAL.values() for attack in family)
    assert sum(map(len, FUNCTIONAL.values())) >= 120
    assert len({written(attack) for attack in RESOURCE}) == len(RESOURCE) >= 80


@pytest.mark.parametrize("family", FUNCTIONAL)
def test_every_functional_attack_is_refused(family: str, service: SqlService, ground: Ground) -> None:
    for attack in FUNCTIONAL[family]:
        try:
            answer = service.run(SqlQuery(ground.aimed(attack), ground.release))
        except (SqlRefused, SqlSyntaxError, SqlFailed) as refusal:
            shown = str(refusal)
            assert "ended without an answer" not in shown, attack
            assert str(ground.release.parent) not in shown, attack
        else:
            pytest.fail(f"{attack!r} was answered: {answer.body[:200]!r}")
    assert service.run(SqlQuery("SELECT 42", ground.release)).body == b"[[42]]"
    assert not ground.out.exists()


def test_the_locked_duckdb_alone_shows_and_writes_nothing(unguarded: SqlService, ground: Ground) -> None:
    before = ground.release.read_bytes()
    for family, attack in ((family, item) for family, items in FUNCTIONAL.items() for item in items):
        try:
            body = unguarded.run(SqlQuery(ground.aimed(attack), ground.release)).body
        except SqlError:
            continue
        assert family not in ("files", "network", "copy"), attack
        assert SECRET.encode() not in body, attack
        assert b"root:" not in body, attack
    assert sorted(ground.secret.parent.iterdir()) == [ground.secret]
    assert ground.release.read_bytes() == before


def written(attack: dict[str, Any]) -> str:
    """The text of a resource attack."""
    return attack["sql"] if "sql" in attack else "".join(text * times for text, times in attack["parts"])


def attacks(*, quick: bool) -> list[Any]:
    """The attacks of one speed, as parameters of a test."""
    return [pytest.param(item, id=item["name"]) for item in RESOURCE if item.get("quick", False) is quick]


def warm(service: SqlService) -> None:
    """Wait until all workers are there: one, its spare, and those for quick queries."""
    service.warm()
    end = time.monotonic() + 30
    while len(service.pids()) < 4 and time.monotonic() < end:
        time.sleep(0.01)


def check_stopped(attack: dict[str, Any], service: SqlService, settings: Settings, release: Path) -> None:
    """Whatever it asks for, it ends in time, and the next honest statement is answered."""
    warm(service)
    start = time.monotonic()
    try:
        service.run(SqlQuery(written(attack), release))
    except SqlError as error:
        assert str(error)
    assert time.monotonic() - start < settings.sql_deadline + 0.5
    assert service.run(SqlQuery("SELECT count(*) FROM points", release)).body == b"[[3]]"


@pytest.mark.parametrize("attack", attacks(quick=True))
def test_a_resource_attack_ends_at_the_deadline(
    attack: dict[str, Any], service: SqlService, settings: Settings, release: Path
) -> None:
    check_stopped(attack, service, settings, release)


@pytest.mark.slow
@pytest.mark.parametrize("attack", [*attacks(quick=True), *attacks(quick=False)])
def test_the_process_alone_stops_every_resource_attack(
    attack: dict[str, Any], unguarded: SqlService, settings: Settings, release: Path
) -> None:
    # The text may be longer than DuckDB parses in time, so only the kill ends it.
    check_stopped(attack, unguarded, settings, release)
