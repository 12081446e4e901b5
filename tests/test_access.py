"""What is data and what is told to everybody, and who may have which data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minshu.access import ANYBODY, Reader, check, openings_of_data
from minshu.errors import DataClosed, GrantMissing, GrantNeeded, ReleaseWithdrawn, TokenInvalid
from minshu.manifest import Manifest, ReleasedFile, ReleasedTable
from minshu.opening import Attribute, Opening, Openings, openings
from minshu.standing import Status
from minshu.tokens import Scope, Token, Verb

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PLAIN = {"resources": [{"name": "items", "path": "data/items.csv"}]}
CONDITIONAL = Opening(attribute=Attribute.conditional, conditions="高校", use="研究", security="不外传")
CLOSED = Opening(attribute=Attribute.closed, legal_basis="保守国家秘密法")


def found(path: str, descriptor: dict[str, Any], declared: Openings | None = None) -> Opening | None:
    """The opening of a file of a release with one table; None where it is metadata."""
    table = ReleasedTable(name="items", path="tables/t.parquet", rows=1, columns=(), stats="indexes/t.stats.json")
    manifest = Manifest(
        name="demo",
        version="1.0.0",
        published=NOW,
        generator="",
        schema_sha256="",
        tables=(table,),
        files=(ReleasedFile(path=path, sha256="", bytes=0),),
    )
    return openings_of_data(manifest, descriptor, declared or openings(descriptor)).get(path)


def token(*scopes: str) -> Token:
    parsed = tuple(Scope.parse(scope) for scope in scopes)
    return Token("abc", parsed, NOW, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("report.json", True),
        ("diff.json", True),
        ("package/datapackage.json", True),
        ("package/README.zh.md", True),
        ("package/data/items.csv", False),
        ("package/sub/README.md", False),
        ("README.md", False),
        ("tables/t.parquet", False),
        ("demo.zip", False),
        ("demo.duckdb", False),
        ("indexes/t.stats.json", False),
        ("whatever comes next", False),
    ],
)
def test_metadata_is_what_a_release_is_and_what_its_publisher_says_of_it(path: str, told: bool) -> None:
    assert (found(path, PLAIN) is None) is told


@pytest.mark.parametrize("path", ["README.md", "./README.md", ["data.csv", "README.md"]])
def test_a_text_that_is_a_resource_is_data(path: object) -> None:
    assert found("package/README.md", {"resources": [{"name": "readme", "path": path}]})


def test_a_descriptor_that_holds_data_is_data() -> None:
    assert found("package/datapackage.json", {"resources": [{"name": "a", "data": [[1]]}]})


def test_schemas_by_reference_are_metadata_unless_they_are_data_as_well() -> None:
    resource = {"name": "a", "path": "a.csv", "schema": "./a.json", "dialect": "d.json"}
    assert found("package/a.json", {"resources": [resource]}) is None
    assert found("package/d.json", {"resources": [resource, {"name": "b", "path": "d.json"}]})


@pytest.mark.parametrize(
    ("path", "of"),
    [
        ("tables/t.parquet", "items"),
        ("indexes/t.stats.json", "items"),
        ("package/data/items.csv", "items"),
        ("package/sample.csv", "sample"),
        ("package/both.csv", "items"),
        ("demo.zip", "items"),
        ("demo.duckdb", "items"),
        ("indexes/search.duckdb", "items"),
    ],
)
def test_a_file_is_as_shut_as_what_it_holds(path: str, of: str) -> None:
    paths = {"items": ["data/items.csv", "both.csv"], "sample": ["sample.csv", "both.csv"]}
    descriptor = {"resources": [{"name": name, "path": path} for name, path in paths.items()]}
    declared = Openings(package=CONDITIONAL, resources={"sample": Opening()})
    assert found(path, descriptor, declared) == declared.of(of)


def test_open_data_is_for_anybody_and_no_token_is_looked_at() -> None:
    reader = Reader(invalid=TokenInvalid("It has expired."))
    check("demo", "1.0.0", None, Opening(), reader)
    assert not reader.used


def test_conditional_data_is_for_those_who_show_a_grant() -> None:
    reader = Reader(token("read:demo"))
    check("demo", "1.0.0", None, CONDITIONAL, reader)
    assert reader.used


def test_who_shows_nothing_is_told_the_conditions() -> None:
    with pytest.raises(GrantNeeded) as refused:
        check("demo", "1.0.0", None, CONDITIONAL, ANYBODY)
    assert (refused.value.conditions, refused.value.use, refused.value.security) == ("高校", "研究", "不外传")
    assert "有条件开放" in str(refused.value)


@pytest.mark.parametrize("scope", ["read:other", "publish:demo", "decide:demo", "withdraw:*"])
def test_a_token_for_something_else_is_no_grant(scope: str) -> None:
    reader = Reader(token(scope))
    with pytest.raises(GrantMissing):
        check("demo", "1.0.0", None, CONDITIONAL, reader)
    assert not reader.used


def test_a_token_that_does_not_hold_is_refused_where_it_is_needed() -> None:
    with pytest.raises(TokenInvalid):
        check("demo", "1.0.0", None, CONDITIONAL, Reader(invalid=TokenInvalid("It was revoked.")))


def test_closed_data_is_for_nobody_whatever_he_shows() -> None:
    with pytest.raises(DataClosed) as refused:
        check("demo", "1.0.0", None, CLOSED, Reader(token(*(f"{verb}:*" for verb in Verb))))
    assert "保守国家秘密法" in str(refused.value)


def test_what_is_withdrawn_is_so_for_those_with_a_grant_as_well() -> None:
    status = Status("withdrawn", "错", NOW, None, 1)
    with pytest.raises(ReleaseWithdrawn):
        check("demo", "1.0.0", status, CONDITIONAL, Reader(token("read:demo")))
