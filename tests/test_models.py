"""Models on tables that come in batches: what is judged row by row, what as a whole, and what is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from minshu.descriptors import opened
from minshu.errors import RulesError
from minshu.report import Report, Task
from minshu.settings import Settings
from minshu.validation import validate

HEAD = "import pandera.polars as pa\nimport polars as pl\nfrom minshu.checks import *\nfrom minshu.checks import Rule\n"
SCHEMA = {"fields": [{"name": "id", "type": "integer"}, {"name": "kind", "type": "string"}]}


@pytest.fixture
def judged(make_package: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The report on a table `t`, in batches of at most one DuckDB vector, by a rules file."""
    monkeypatch.setattr("minshu.models.BATCH", 2048)

    def run(rules: str, rows: list[tuple[object, object]], limit: int = 1000) -> Report:
        lines = "".join(f"{number},{'' if kind is None else kind}\n" for number, kind in rows)
        resource = {"name": "t", "type": "table", "path": "t.csv", "schema": SCHEMA}
        folder = make_package({"t.csv": f"id,kind\n{lines}"}, resources=[resource])
        path = tmp_path / "rules.py"
        path.write_text(HEAD + rules, "utf-8")
        with opened(folder, settings) as package:
            return validate(package, path, settings.model_copy(update={"limit_errors": limit}))

    return run


@pytest.fixture
def task(judged: Any) -> Any:
    def run(*words: Any, **options: Any) -> Task:
        found: Task = judged(*words, **options).tasks[0]
        return found

    return run


MANY = [(number, "a") for number in range(5000)]


def rows_of(task: Task) -> list[int]:
    return [error["rowNumber"] for error in task.errors]


def test_a_failure_in_a_later_batch_has_the_row_of_the_table(task: Any) -> None:
    rules = "class T(pa.DataFrameModel):\n    id: int = pa.Field(ge=0)\nMODELS = {'t': T}\n"
    found = task(rules, [*MANY, (-5, "b")])
    assert [(error["rowNumber"], error["cell"], error["cells"]) for error in found.errors] == [
        (5002, "-5", ["-5", "b"])
    ]


def test_a_failure_says_the_checks_name_and_description(task: Any) -> None:
    rules = (
        "class T(pa.DataFrameModel):\n    @pa.check('id')\n    def is_small(cls, data):\n"
        "        '''Ids stay small.'''\n        return data.lazyframe.select(pl.col(data.key) < 3)\nMODELS = {'t': T}\n"
    )
    (error,) = task(
        rules.replace("class T(pa.DataFrameModel):\n", "class T(pa.DataFrameModel):\n    id: int\n"),
        [(1, "a"), (3, "a")],
    ).errors
    assert error["note"] == "Ids stay small. (is_small)"


@pytest.mark.parametrize(
    "model", ["    id: int = pa.Field(unique=True)\n", "    id: int\n    class Config:\n        unique = ['id']\n"]
)
def test_a_value_twice_is_found_across_batches(task: Any, model: str) -> None:
    found = task(f"class T(pa.DataFrameModel):\n{model}MODELS = {{'t': T}}\n", [*MANY, (7, "b")])
    assert [(error["rowNumber"], error["cell"], error["note"]) for error in found.errors] == [
        (5002, "7", "unique: the value stands in an earlier row, 9")
    ]


def test_columns_that_are_unique_together_are_found_across_batches(task: Any) -> None:
    rules = "class T(pa.DataFrameModel):\n    id: int\n    class Config:\n        unique = ['id', 'kind']\n"
    assert rows_of(task(rules + "MODELS = {'t': T}\n", [*MANY, (7, "b"), (7, "a")])) == [5003]


def test_nulls_are_no_duplicates(task: Any) -> None:
    rules = "class T(pa.DataFrameModel):\n    kind: str = pa.Field(unique=True, nullable=True)\nMODELS = {'t': T}\n"
    assert task(rules, [(1, None), (2, None)]).errors == ()


RISING = (
    "class T(pa.DataFrameModel):\n    id: int\n    @pa.check('id')\n    def rises(cls, data):\n"
    "        '''Ids rise.'''\n        return data.lazyframe.select(rising(data.key))\n"
    "MODELS = {'t': T}\nALL_ROWS = {'t': {'rises': []}}\n"
)


@pytest.mark.parametrize("edge", [2047, 2048, 2049])
def test_a_check_of_all_rows_sees_over_the_edge_of_a_batch(task: Any, edge: int) -> None:
    rows = [(number if number != edge else 0, "a") for number in range(5000)]
    found = task(RISING, rows)
    assert [(error["rowNumber"], error["cell"], error["cells"]) for error in found.errors] == [
        (edge + 2, "0", ["0", "a"])
    ]


def test_a_check_of_all_rows_may_give_one_answer(task: Any) -> None:
    rules = (
        "class T(pa.DataFrameModel):\n    id: int\n    @pa.dataframe_check\n    def mean_is_small(cls, data):\n"
        "        '''The mean is small.'''\n        return data.lazyframe.select(pl.col('id').mean() < 5)\n"
        "MODELS = {'t': T}\nALL_ROWS = {'t': {'mean_is_small': ['id']}}\n"
    )
    assert task(rules, [(1, "a"), (2, "a")]).errors == ()
    (error,) = task(rules, MANY).errors
    assert (error["type"], error["note"].startswith("The mean is small. (mean_is_small)")) == ("table-error", True)


@pytest.mark.parametrize("answer", ["data.lazyframe.select(pl.col('id').mean() < 5)", "True"])
def test_a_check_that_answers_once_must_be_declared(task: Any, answer: str) -> None:
    rules = (
        "class T(pa.DataFrameModel):\n    id: int\n    @pa.dataframe_check\n    def mean_is_small(cls, data):\n"
        f"        return {answer}\nMODELS = {{'t': T}}\n"
    )
    with pytest.raises(RulesError, match=r"'mean_is_small' of 't' gives one answer for many rows.*ALL_ROWS"):
        task(rules, [(1, "a"), (2, "a")])


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("{'t': {'absent': []}}", "'absent', which the model of 't' lacks"),
        ("{'t': {'rises': ['absent']}}", "'absent', which the table 't' lacks"),
        ("{'u': {'rises': []}}", "'u', for which MODELS has no model"),
        ("{'t': ['rises']}", "ALL_ROWS must map"),
        ("{'t': {'rises': 'id'}}", "ALL_ROWS must map"),
        ("['rises']", "ALL_ROWS must map"),
    ],
)
def test_a_wrong_declaration_of_all_rows_is_said(task: Any, declared: str, words: str) -> None:
    with pytest.raises(RulesError, match=words):
        task(f"{RISING}ALL_ROWS = {declared}\n", [(1, "a")])


def test_the_one_check_of_panderas_own_that_needs_all_rows_must_be_declared(task: Any) -> None:
    rules = "class T(pa.DataFrameModel):\n    kind: str = pa.Field(unique_values_eq=['a', 'b'])\nMODELS = {'t': T}\n"
    with pytest.raises(RulesError, match="'unique_values_eq' of 't' gives one answer"):
        task(rules, [(1, "a"), (2, "b")])
    whole = f"{rules}ALL_ROWS = {{'t': {{'unique_values_eq': []}}}}\n"
    assert task(whole, [*MANY, (1, "b")]).errors == ()


def test_what_a_check_only_warns_of_leaves_the_package_valid(judged: Any) -> None:
    rules = (
        "class T(pa.DataFrameModel):\n    id: int\n    @pa.check('id', raise_warning=True)\n"
        "    def is_small(cls, data):\n"
        "        '''Ids stay small.'''\n        return data.lazyframe.select(pl.col(data.key) < 4990)\n"
        "MODELS = {'t': T}\n"
    )
    report = judged(rules, MANY)
    (warning,) = report.tasks[0].warnings
    assert report.valid
    assert warning.startswith("Ids stay small. (is_small) in field 'id': 10 rows, such as row 4992 (4990); row 4993")
    assert json.loads(report.to_json())["stats"]["warnings"] == 1


def test_what_a_rule_only_warns_of_leaves_the_package_valid(judged: Any) -> None:
    rules = (
        "RULES = (Rule(name='r', table='t', description='D.', severity='warning', "
        "sql='select _row, id from t where id >= 4990'),)\n"
    )
    report = judged(rules, MANY)
    assert report.valid
    assert report.tasks[0].warnings[0].startswith("D. (r): 10 rows, such as row 4992: id = 4990; row 4993: id = 4991;")


@pytest.mark.parametrize(
    "rules",
    [
        "class T(pa.DataFrameModel):\n    id: int = pa.Field(lt=0)\nMODELS = {'t': T}\n",
        "class T(pa.DataFrameModel):\n    kind: str = pa.Field(unique=True)\nMODELS = {'t': T}\n",
        "RULES = (Rule(name='r', table='t', description='D.', sql='select _row from t'),)\n",
    ],
)
def test_errors_stop_at_the_limit_and_the_true_total_is_told(task: Any, rules: str) -> None:
    found = task(rules, MANY, limit=3)
    total = "4,999" if "unique" in rules else "5,000"
    assert len(found.errors) == 3
    assert found.warnings[0].endswith(f": {total} rows, of which 3 are listed.")


def test_a_wrong_type_is_said_once_for_all_batches(task: Any) -> None:
    found = task("class T(pa.DataFrameModel):\n    kind: int\nMODELS = {'t': T}\n", MANY)
    assert [error["note"] for error in found.errors] == ["dtype('Int64'): kind: String"]


def test_a_table_without_rows_is_held_against_its_model_all_the_same(task: Any) -> None:
    found = task("class T(pa.DataFrameModel):\n    absent: int\nMODELS = {'t': T}\n", [])
    assert [error["type"] for error in found.errors] == ["table-error"]


def test_a_schema_object_does_for_a_model_and_is_left_as_it_was(task: Any) -> None:
    rules = (
        "S = pa.DataFrameSchema({'id': pa.Column(int, pa.Check.ge(2), unique=True)})\nMODELS = {'t': S}\n"
        "RULES = (Rule(name=str(S.columns['id'].unique), table='t', description='D.', sql='select null as _row'),)\n"
    )
    found = task(rules, [(1, "a"), (2, "a"), (2, "a")])
    assert sorted((error["type"], error.get("rowNumber")) for error in found.errors if "rowNumber" in error) == [
        ("cell-error", 2),
        ("cell-error", 4),
    ]


def test_a_column_named_as_ours_is_no_trouble_to_uniqueness(
    make_package: Any, settings: Settings, tmp_path: Path
) -> None:
    schema = {"fields": [{"name": "twice", "type": "integer"}, {"name": "first_row", "type": "integer"}]}
    resource = {"name": "later", "type": "table", "path": "t.csv", "schema": schema}
    rules = tmp_path / "rules.py"
    rules.write_text(
        f"{HEAD}class T(pa.DataFrameModel):\n    twice: int = pa.Field(unique=True)\nMODELS = {{'later': T}}\n", "utf-8"
    )
    with opened(make_package({"t.csv": "twice,first_row\n1,1\n1,2\n"}, resources=[resource]), settings) as package:
        assert rows_of(validate(package, rules, settings).tasks[0]) == [3]
