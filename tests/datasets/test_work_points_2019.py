"""What is claimed of the work points of 2019, held against the source and the committed tables."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import frictionless
import pytest

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas" / "work-points-2019"
Tables = dict[str, list[dict[str, str]]]
Row = dict[str, str]

NUMERALS = "一二三四五六七八九十"


def heading(number: int) -> str:
    """The mark of a point in the source."""
    tens, ones = divmod(number, 10)
    return f"（{'' if tens < 2 else NUMERALS[tens - 1]}{'十' if tens else ''}{NUMERALS[ones - 1] if ones else ''}）"


def point(tables: Tables, number: int) -> Row:
    return tables["work_points"][number - 1]


def measure(tables: Tables, start: str) -> Row:
    """The one measure that begins with these words."""
    (found,) = (row for row in tables["measures"] if row["text"].startswith(start))
    return found


def target(tables: Tables, words: str) -> Row:
    """The one target with these words in its quotation, none longer."""
    found = [row for row in tables["targets"] if words in row["quote"]]
    return min(found, key=lambda row: len(row["quote"]))


def units(tables: Tables, number: int) -> list[str]:
    names = {row["id"]: row["name"] for row in tables["organizations"]}
    return [names[row["organization_id"]] for row in tables["assignments"] if row["point_number"] == str(number)]


# Points and their measures


def test_there_are_28_points_in_5_sections(tables: Tables) -> None:
    assert [row["number"] for row in tables["work_points"]] == [str(number) for number in range(1, 29)]
    assert Counter(row["section_number"] for row in tables["work_points"]) == {"1": 2, "2": 6, "3": 7, "4": 10, "5": 3}


@pytest.mark.parametrize("number", range(1, 29))
def test_a_point_has_its_title_if_and_only_if_its_heading_is_in_the_source(
    tables: Tables, notice: str, number: int
) -> None:
    found = re.search(re.escape(heading(number)) + "(.*?)。", notice)
    assert point(tables, number)["title"] == (found[1] if found else "")


def test_point_14_is_missing(tables: Tables) -> None:
    assert point(tables, 14)["status"] == "missing"


def test_point_17_is_its_units_and_a_doubtful_measure_before_them(tables: Tables) -> None:
    assert (point(tables, 17)["status"], point(tables, 17)["confidence"]) == ("tail_only", "doubtful")


def test_point_26_is_nothing_but_its_heading(tables: Tables) -> None:
    assert (point(tables, 26)["status"], point(tables, 26)["text"]) == ("heading_only", "")


def test_point_19_has_neither_heading_nor_units(tables: Tables) -> None:
    assert (point(tables, 19)["status"], units(tables, 19)) == ("middle_only", [])


def test_points_15_20_22_24_and_27_lack_their_headings(tables: Tables) -> None:
    tails = {row["number"] for row in tables["work_points"] if row["status"] == "tail_only"}
    assert tails == {"15", "17", "20", "22", "24", "27"}


def test_every_sentence_is_a_measure_once(tables: Tables, sentences: list[str]) -> None:
    marks = re.compile(r"^[（［]责任单位：.*?[）］](?=（[一二三四五六七八九十]+）|[一二三四五]、|$)")
    rest = {marks.sub("", sentence) for sentence in sentences[1:]}
    plain = {
        f"{sentence}。"
        for sentence in rest
        if sentence and not re.search(f"^([{NUMERALS}]、.*)?（[{NUMERALS}]+）", sentence)
    }
    framed = {sentence for sentence in plain if sentence.startswith(("福建省人民政府办公厅", "根据省委常委会"))}
    assert plain - framed == {row["text"] for row in tables["measures"]}


@pytest.mark.parametrize(
    ("start", "number"),
    [
        ("推动《福建省大数据发展应用条例》", 27),
        ("积极争取成为“互联网＋医疗健康”示范省", 12),
        ("在福州、厦门全面实施“互联网＋不动产登记”", 12),
        ("推进企业登记全程电子化", 12),
        ("完善提升县级融媒体省级平台", 13),
        ("适时组建闽政通APP专业运营公司", 28),
        ("实施一批数字技术基础攻关重大项目", 7),
        ("深入实施“十县百镇千村信息化示范”", 15),
        ("建设公共信息资源开放开发安全管控平台", 8),
    ],
)
def test_what_naive_parsing_misplaces_is_in_its_point(tables: Tables, start: str, number: int) -> None:
    assert measure(tables, start)["point_number"] == str(number)


def test_a_second_copy_shows_how_point_7_goes_on(tables: Tables, notice: str) -> None:
    before, after = "共同建设数字经济网络服务平台和企业共性技术服务平台。", "实施一批数字技术基础攻关重大项目"
    assert before + after in notice
    assert measure(tables, after)["confidence"] == "proven"


@pytest.mark.parametrize(
    ("start", "question", "candidates", "chosen"),
    [
        ("推进“福建省高校数字图书馆”开放共享", "q02", "10; 23", "23"),
        ("对政务数据的全生命周期进行安全监管和溯源审计", "q04", "8; 17", "17"),
        ("建设公共信息资源开放开发安全管控平台", "q05", "8; 17", "8"),
        ("完善提升县级融媒体省级平台", "q06", "6; 13", "13"),
        ("适时组建闽政通APP专业运营公司", "q07", "12; 28", "28"),
    ],
)
def test_a_doubtful_measure_is_an_open_question_and_follows_its_answer(
    tables: Tables, start: str, question: str, candidates: str, chosen: str
) -> None:
    asked = next(row for row in tables["open_questions"] if row["id"] == question)
    found = measure(tables, start)
    assert (asked["candidates"], asked["chosen"]) == (candidates, chosen)
    assert (found["confidence"], found["point_number"]) == ("doubtful", chosen)


def test_whether_there_are_exactly_28_points_is_left_open(tables: Tables) -> None:
    asked = next(row for row in tables["open_questions"] if row["candidates"] == "28; more")
    assert asked["chosen"] == ""


# Units


def test_every_list_of_units_but_the_last_closes_the_point_before_the_next_heading(
    annotation: Any, notice: str
) -> None:
    for units_ in annotation.records["unit_lists"][:-1]:
        for _, end in units_["at"]:
            assert re.match(rf"([{NUMERALS}]、[^（。]*)?{re.escape(heading(units_['point'] + 1))}", notice[end:])


@pytest.mark.parametrize(("mark", "number"), [("（十八）", 17), ("四、", 15), ("（七）", 6), ("（十三）", 12)])
def test_the_units_before_a_seam_belong_to_the_point_that_the_next_heading_follows(
    annotation: Any, notice: str, mark: str, number: int
) -> None:
    (found,) = (units_ for units_ in annotation.records["unit_lists"] if units_["point"] == number)
    assert all(notice.startswith(mark, end) for _, end in found["at"])


def test_the_last_list_of_units_ends_the_file_and_is_assigned_to_nothing(
    tables: Tables, annotation: Any, notice: str
) -> None:
    last = annotation.records["unit_lists"][-1]
    assert (last["point"], last["at"][0][1]) == (None, len(notice))
    named = next(row["id"] for row in tables["organizations"] if row["name"] == "省人社厅")
    assert named not in {row["organization_id"] for row in tables["assignments"]}


def test_the_units_of_point_11_stand_in_square_brackets(annotation: Any) -> None:
    square = [units_["point"] for units_ in annotation.records["unit_lists"] if units_["quote"].startswith("［")]
    assert square == [11]


def test_a_prefix_is_inherited_within_a_group(tables: Tables) -> None:
    assert units(tables, 9)[:2] == ["省数字办", "省经济信息中心"]


def test_the_institute_without_a_prefix_inherits_none(tables: Tables) -> None:
    assert units(tables, 6) == ["省数字办", "数字中国研究院"]


def test_two_cities_that_share_an_ending_are_two_units(tables: Tables) -> None:
    assert units(tables, 12)[-2:] == ["福州市人民政府", "厦门市人民政府"]


def test_a_collective_is_one_organization_even_with_an_enumeration_in_its_name(tables: Tables) -> None:
    kinds = {row["name"]: row["kind"] for row in tables["organizations"]}
    assert "各市、县（区）人民政府" in units(tables, 11)
    assert kinds["各市、县（区）人民政府"] == kinds["省直有关部门"] == kinds["各通信运营商"] == "collective"


def test_commas_part_the_groups(tables: Tables) -> None:
    groups = [row["group_number"] for row in tables["assignments"] if row["point_number"] == "7"]
    assert groups == ["1"] * 6 + ["2", "3", "4"]


# Targets, instruments, places


@pytest.mark.parametrize(
    ("words", "comparator", "value", "unit", "basis"),
    [
        ("100M以上用户占比超80%", "gt", "80", "%", "stated"),
        ("4G用户占比超85%", "gt", "85", "%", "stated"),
        ("全部113个省直公益一类事业单位", "eq", "113", "个", "stated"),
        ("网上可办率90%以上", "ge", "90", "%", "stated"),
        ("建设10家互联网医院", "eq", "10", "家", "bare_number"),
        ("15项以上医学类人工智能示范应用", "ge", "15", "项", "stated"),
        ("不少于10个智能驾驶泊车示范工程", "ge", "10", "个", "stated"),
        ("物联网千亿元产业集群", "ge", "1000", "亿元", "inferred"),
    ],
)
def test_a_quantitative_target_has_the_comparator_of_its_words(
    tables: Tables, words: str, comparator: str, value: str, unit: str, basis: str
) -> None:
    row = target(tables, words)
    found = (row["kind"], row["comparator"], row["value"], row["unit"], row["comparator_basis"])
    assert found == ("quantitative", comparator, value, unit, basis)


def test_there_are_8_quantitative_targets(tables: Tables) -> None:
    assert Counter(row["kind"] for row in tables["targets"])["quantitative"] == 8


@pytest.mark.parametrize("slogan", ["“151”", "“十百千万”", "十县百镇千村", "15分钟", "“一网通办”", "“最多跑一趟”"])
def test_a_slogan_is_nominal_and_has_no_value(tables: Tables, slogan: str) -> None:
    row = target(tables, slogan)
    assert (row["kind"], row["value"], row["comparator"]) == ("nominal", "", "")


def test_only_point_3_states_a_deadline(tables: Tables) -> None:
    stated = {(row["point_number"], row["deadline"]) for row in tables["targets"] if row["deadline"]}
    assert stated == {("3", "2019-12-31")}


def test_every_indefinite_amount_is_a_directional_target(tables: Tables) -> None:
    amounts = Counter(row["point_number"] for row in tables["measures"] for _ in re.findall("一批|若干", row["text"]))
    directional = Counter(
        row["point_number"]
        for row in tables["targets"]
        if row["kind"] == "directional" and re.search("一批|若干", row["quote"])
    )
    assert directional == amounts


def test_every_figure_in_a_measure_is_a_target_or_part_of_a_name(tables: Tables, notice: str) -> None:
    spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in tables["spans"]:
        spans[row["table_name"]].append((int(row["start"]), int(row["end"])))
    named = spans["targets"] + spans["systems"] + spans["instruments"]
    left = {
        notice[figure.start() - 3 : figure.end() + 1]
        for start, end in spans["measures"]
        for figure in re.compile("[0-9]+").finditer(notice, start, end)
        if not any(first <= figure.start() < last for first, last in named)
    }
    assert left == {"系统（5G", "，开展5G", "IPv6规"}


def test_point_27_names_five_regulations(tables: Tables) -> None:
    found = [(row["title"], row["action"]) for row in tables["instruments"] if row["point_number"] == "27"]
    assert found == [
        ("福建省大数据发展应用条例", "推动立法"),
        ("福建省公共信息资源开放管理办法", "研究制定"),
        ("福建省公共信息资源开放标准", "研究制定"),
        ("福建省网上政务服务管理办法", "研究制定"),
        ("福建省数字经济发展专项资金管理暂行办法", "完善"),
    ]


def test_every_title_in_book_title_marks_is_an_instrument(tables: Tables, notice: str) -> None:
    assert set(re.findall("《(.*?)》", notice)) <= {row["title"] for row in tables["instruments"]}


@pytest.mark.parametrize(("name", "code"), [("武夷", ""), ("福厦泉", ""), ("平潭", "350128"), ("长乐", "350112")])
def test_a_place_has_the_code_of_2019_or_none(tables: Tables, name: str, code: str) -> None:
    assert next(row["code"] for row in tables["places"] if row["name"] == name) == code


def test_nothing_names_the_number_of_the_document(package: Path) -> None:
    assert not any("闽政办" in path.read_text("utf-8") for path in (package / "data").iterdir())


# The package


def test_stock_frictionless_finds_the_package_valid(package: Path) -> None:
    report = frictionless.validate(str(package / "datapackage.json"))
    assert report.valid, report.to_summary()


def test_the_descriptor_holds_the_schemas_as_they_are(package: Path) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    inlined = {resource["name"]: resource["schema"] for resource in descriptor["resources"] if "schema" in resource}
    assert inlined == {path.stem: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}


def test_every_schema_names_the_columns_of_its_table_in_order(builder: ModuleType) -> None:
    schemas = {path.stem: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}
    columns = {name: tuple(field["name"] for field in schema["fields"]) for name, schema in schemas.items()}
    assert columns == builder.COLUMNS


def test_every_table_and_field_is_described_in_chinese_and_english() -> None:
    both = re.compile("[一-鿿].* / .*[A-Za-z]", re.DOTALL)
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        for part in (schema, *schema["fields"]):
            assert both.search(part["title"]), (path.name, part["name"])
            assert both.search(part["description"]), (path.name, part["name"])


def test_every_field_of_a_key_is_required() -> None:
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        required = {field["name"] for field in schema["fields"] if field.get("constraints", {}).get("required")}
        assert required.issuperset(schema.get("primaryKey", [])), path.name


def test_the_resource_of_the_source_tells_its_digest_and_length(package: Path, notice: str) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    resource = next(resource for resource in descriptor["resources"] if resource["name"] == "notice")
    raw = notice.encode()
    assert (resource["hash"], resource["bytes"]) == (f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw))


def test_the_readme_counts_the_rows(package: Path, tables: Tables) -> None:
    counted = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", (package / "README.md").read_text("utf-8"), re.MULTILINE))
    assert counted == {name: str(len(rows)) for name, rows in tables.items()}


def test_the_queries_of_the_readme_answer(package: Path) -> None:
    queries = re.findall(r"```sql\n(.*?)```", (package / "README.md").read_text("utf-8"), re.DOTALL)
    connection = duckdb.connect()
    for path in (package / "data").glob("*.csv"):
        connection.execute(f"create view {path.stem} as from read_csv('{path}', header = true, nullstr = '')")
    answered, measured = (connection.sql(query).fetchall() for query in queries)
    assert [row[0] for row in answered] == [1, 2, 4, 6, 7, 9, 10, 11, 17, 20, 22, 24, 25, 27]
    assert answered[0][2] == "省直有关部门; 福州市人民政府"
    assert [row[0] for row in measured] == ["t03", "t04", "t06", "t14", "t25", "t26", "t27", "t29"]
