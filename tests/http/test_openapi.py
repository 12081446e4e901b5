"""The description: of the interface, which changes only on purpose, and of the tables that there are."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator

from minshu.browse import Library, Release
from minshu.descriptors import opened
from minshu.http.app import create_app
from minshu.http.openapi import described
from minshu.http.row_schemas import cell_schema
from minshu.http.typed import Descriptions
from minshu.manifest import ReleasedColumn
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

from ..conftest import MakePackage
from .conftest import ODD, write_package

Serving = Callable[[Settings], AbstractContextManager[str]]
BASE = "/datasets/odd-data/versions/1.1.0"
ODD_ROWS = f"{BASE}/{quote(ODD, safe='')}/rows"


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    """The description as the service gives it."""
    answer: dict[str, Any] = client.get("/openapi.json").json()
    return answer


@pytest.fixture(scope="module")
def app(served: Settings) -> FastAPI:
    """The application, not started."""
    return create_app(served)


def test_the_interface_changes_only_on_purpose(app: FastAPI) -> None:
    pinned = json.loads((Path(__file__).parent / "openapi.json").read_text("utf-8"))
    assert described(app) == pinned, "If you mean it: make openapi"


def odd(document: dict[str, Any]) -> dict[str, Any]:
    """The model of the odd table's rows."""
    schema: dict[str, Any] = document["components"]["schemas"]["odd-data.Row-1"]
    return schema


def test_a_row_is_described_column_by_column_with_what_null_means(document: dict[str, Any]) -> None:
    assert odd(document)["properties"] == {
        "编号": {"type": "integer"},
        "名称": {"type": ["string", "null"]},
        "大数": {"type": ["string", "null"], "pattern": "^-?[0-9]+$"},
        "金额": {"type": ["string", "null"], "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
        "日期": {"type": ["string", "null"], "format": "date"},
        "真": {"type": ["boolean", "null"]},
        "标签 #": {"type": ["string", "null"]},
    }
    assert odd(document)["required"] == list(odd(document)["properties"])


def test_the_example_of_a_row_is_a_row(document: dict[str, Any], client: httpx.Client) -> None:
    assert odd(document)["examples"] == client.get(ODD_ROWS, params={"_size": 1}).json()["rows"]


def test_every_described_table_is_answered_as_it_is_described(document: dict[str, Any], client: httpx.Client) -> None:
    paths = [path for path in document["paths"] if path.startswith(BASE) and path.endswith("/rows")]
    assert paths == [ODD_ROWS, f"{BASE}/points/rows"]
    for path in paths:
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": document["components"]})
        validator.validate(client.get(path).json())
        assert not validator.is_valid({**client.get(path).json(), "rows": [{}]})


def test_every_example_of_a_filter_finds_the_row_that_it_is_taken_from(
    document: dict[str, Any], client: httpx.Client
) -> None:
    told = document["paths"][ODD_ROWS]["get"]["parameters"]
    examples = {parameter["name"]: parameter["example"] for parameter in told if "example" in parameter}
    assert set(examples) == set(odd(document)["properties"])
    found = client.get(ODD_ROWS, params={name: str(value) for name, value in examples.items()}).json()["rows"]
    assert found == odd(document)["examples"]


def test_the_row_of_a_key_is_described_as_it_is_answered(document: dict[str, Any], client: httpx.Client) -> None:
    for path, name in ((f"{ODD_ROWS}/{{key1}}", "key1"), (f"{BASE}/points/rows/{{number}}", "number")):
        operation = document["paths"][path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        (key,) = operation["parameters"]
        answer = client.get(path.replace(f"{{{name}}}", str(key["example"]))).json()
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


def test_the_files_of_a_table_are_described_with_every_format(document: dict[str, Any]) -> None:
    operation = document["paths"][f"{BASE}/points.{{suffix}}"]["get"]
    assert "text/csv" in " ".join(operation["responses"]["200"]["content"])
    (suffix,) = [parameter for parameter in operation["parameters"] if parameter["in"] == "path"]
    assert {"csv", "parquet"} <= set(suffix["schema"]["enum"])


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert sorted(names) == sorted(set(names))


def test_one_dataset_can_be_described_alone(client: httpx.Client, document: dict[str, Any]) -> None:
    assert client.get("/openapi.json", params={"dataset": "odd-data"}).json() == document
    assert client.get("/openapi.json", params={"dataset": "none"}).json()["code"] == "dataset-not-found"


def test_a_release_that_appears_is_described_at_once(tmp_path: Path, serving: Serving) -> None:
    settings = Settings(store=tmp_path / "store", catalogue=tmp_path, port=0, log_level="warning")
    settings.store.mkdir()
    with serving(settings) as address:
        before = httpx.get(f"{address}/openapi.json")
        with opened(write_package(tmp_path / "package", "3.0.0"), settings) as package:
            publish(package, None, Store(settings.store), settings)
        after = httpx.get(f"{address}/openapi.json", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "/datasets/odd-data/versions/3.0.0/points/rows" in after.json()["paths"]
    assert "/datasets/odd-data/versions/3.0.0/points/rows" not in before.json()["paths"]


@pytest.fixture
def release(
    make_package: MakePackage, settings: Settings, store: Store, released: Callable[..., Any]
) -> Iterator[Release]:
    """A release of one table with three columns."""
    released(make_package())
    library = Library(store, settings)
    yield library.release("demo", "1.0.0")
    library.close()


def test_a_description_of_many_tables_stops_somewhere_and_says_so(app: FastAPI, release: Release) -> None:
    whole = json.loads(Descriptions().document(described(app), [release], most=3))
    cut = json.loads(Descriptions().document(described(app), [release], most=2))
    assert "demo.Row.items" in whole["components"]["schemas"]
    assert "demo.Row.items" not in cut["components"]["schemas"]
    assert "The tables of 0 of 1 datasets are described here" in cut["info"]["description"]
    assert "datasets are described" not in whole["info"]["description"]


def test_a_damaged_release_is_left_out_and_the_rest_described(app: FastAPI, release: Release) -> None:
    (release.folder / "package/datapackage.json").write_text("{")
    assert (
        json.loads(Descriptions().document(described(app), [release]))["paths"].keys() == described(app)["paths"].keys()
    )


@pytest.mark.parametrize(
    ("column", "schema"),
    [
        (("DOUBLE", "number", "number"), {"type": ["number", "string", "null"]}),
        (("JSON", "object", "object"), {"type": ["object", "string", "null"]}),
        (("TIMESTAMP", "datetime", "string"), {"type": ["string", "null"]}),
        (("TIMESTAMPTZ", "datetime", "string"), {"type": ["string", "null"], "format": "date-time"}),
        (("INTEGER", "year", "number"), {"type": ["integer", "null"]}),
    ],
)
def test_a_type_is_described_as_its_values_stand_in_json(column: tuple[str, str, Any], schema: dict[str, Any]) -> None:
    kind, field_type, json_type = column
    released = ReleasedColumn(name="x", type=kind, field_type=field_type, json_type=json_type)
    assert cell_schema(released, {}, required=False) == schema


@pytest.mark.parametrize(
    "field", [{"constraints": {"enum": ["a", 1]}}, {"constraints": []}, {"constraints": {"enum": 3}}]
)
def test_what_a_publisher_says_wrongly_is_left_out(field: dict[str, Any]) -> None:
    released = ReleasedColumn(name="x", type="VARCHAR", field_type="string", json_type="string")
    assert cell_schema(released, field, required=True) == {"type": "string"}


def test_an_enumeration_is_told_and_null_belongs_to_it_where_it_may_be() -> None:
    released = ReleasedColumn(name="x", type="VARCHAR", field_type="string", json_type="string", title="X")
    field = {"constraints": {"enum": ["a", "b"]}}
    assert cell_schema(released, field, required=False) == {
        "type": ["string", "null"],
        "title": "X",
        "enum": ["a", "b", None],
    }
