"""The rules file and the test that a new dataset starts with: both hold on its data, and the test sees a rule fail."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from minshu.describe.text import Form, records
from minshu.descriptors import Descriptor
from minshu.errors import ScaffoldRefused
from minshu.identifiers import quoted

MODEL_TYPES: Final = {"string": "pl.String", "integer": "pl.Int64", "boolean": "pl.Boolean", "date": "pl.Date"}


@dataclass(frozen=True)
class Watch:
    """What the first rule watches: a column's longest text. `longest` is its length in characters."""

    resource: Descriptor
    field: str
    position: int
    longest: int


def watched(descriptor: Descriptor, folder: Path) -> Watch:
    """The first column of free text, whose lengths the first rule bounds.

    A column that another table refers to, that refers to one, or that has only listed values is not free: an
    altered cell would fail its schema before any rule is run. Raises ScaffoldRefused where no column is free.
    """
    tied = set(_tied(descriptor))
    for resource in descriptor["resources"]:
        for position, field in enumerate(resource["schema"]["fields"]):
            free = "enum" not in field.get("constraints", {}) and (resource["name"], field["name"]) not in tied
            if field["type"] == "string" and free and (longest := _longest(resource, position, folder)):
                return Watch(resource, field["name"], position, longest)
    raise ScaffoldRefused(
        "No column of the files holds free text, so there is nothing to write a first rule for. "
        "Use `minshu describe`, and write the rules yourself."
    )


def _tied(descriptor: Descriptor) -> list[tuple[str, str]]:
    found = []
    for resource in descriptor["resources"]:
        for key in resource["schema"].get("foreignKeys", []):
            found += [(resource["name"], name) for name in key["fields"]]
            found += [(key["reference"]["resource"], name) for name in key["reference"]["fields"]]
    return found


def _longest(resource: Descriptor, position: int, folder: Path) -> int:
    rows = records(folder / resource["path"], Form(resource["encoding"], resource["dialect"]["delimiter"]))
    next(rows)
    return max((len(row[position]) for row in rows), default=0)


def rules_text(watch: Watch) -> str:
    """`validators/NAME.py`: a pandera model of the watched table, and one rule in SQL."""
    table = watch.resource["name"]
    columns = "".join(map(_column, watch.resource["schema"]["fields"]))
    sql = (
        f"select _row, {quoted(watch.field)} from {quoted(table)} where length({quoted(watch.field)}) > {watch.longest}"
    )
    described_as = f"No {watch.field} is longer than {watch.longest} characters."
    return f'''"""What must be true of the dataset beyond its schemas: models of tables, and rules in SQL."""

import pandera.polars as pa
import polars as pl

from minshu.checks import Rule

MODELS = {{
    {table!r}: pa.DataFrameSchema(
        {{
{columns}        }}
    ),
}}

RULES = (
    Rule(
        name="texts-are-not-longer-than-known",
        table={table!r},
        description={described_as!r},
        sql={sql!r},
    ),
)
'''


def _column(field: dict[str, Any]) -> str:
    # pandera takes ^…$ for a pattern of names.
    if field["type"] not in MODEL_TYPES or field["name"].startswith("^"):
        return ""
    nullable = not field.get("constraints", {}).get("required", False)
    return f"            {field['name']!r}: pa.Column({MODEL_TYPES[field['type']]}, nullable={nullable}),\n"


def example_test(name: str, watch: Watch) -> str:
    """`tests/datasets/test_NAME.py`: the dataset is valid, and its rule sees a cell that was altered."""
    resource = watch.resource
    module = f"{name.replace('-', '_')}.py"
    return f'''"""The dataset {name} is valid, and its rules see what they are there for."""

import csv
import json
import shutil
from pathlib import Path

from minshu.descriptors import opened
from minshu.report import Report
from minshu.settings import Settings
from minshu.validation import validate

ROOT = Path(__file__).resolve().parents[2]
DATASET = ROOT / "datasets" / {name!r}
RULES = ROOT / "validators" / {module!r}
TABLE = {resource["path"]!r}
ENCODING, DELIMITER = {resource["encoding"]!r}, {resource["dialect"]["delimiter"]!r}


def report_on(package: Path) -> Report:
    settings = Settings(catalogue=ROOT)
    with opened(package, settings) as found:
        return validate(found, RULES, settings)


def altered(package: Path, position: int, cell: str) -> None:
    """Put a cell into the first row of the table, and drop the digests that tell so."""
    path = package / TABLE
    with path.open(encoding=ENCODING, newline="") as file:
        rows = list(csv.reader(file, delimiter=DELIMITER))
    rows[1][position] = cell
    with path.open("w", encoding=ENCODING, newline="") as file:
        csv.writer(file, delimiter=DELIMITER).writerows(rows)
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    for resource in descriptor["resources"]:
        resource.pop("hash", None)
        resource.pop("bytes", None)
    (package / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")


def test_the_dataset_is_valid() -> None:
    assert report_on(DATASET).valid


def test_a_text_longer_than_known_is_found(tmp_path: Path) -> None:
    package = tmp_path / {name!r}
    shutil.copytree(DATASET, package)
    altered(package, {watch.position}, "x" * {watch.longest + 1})
    notes = [error["note"] for task in report_on(package).tasks for error in task.errors]
    assert len(notes) == 1
    assert "texts-are-not-longer-than-known" in notes[0]
'''
