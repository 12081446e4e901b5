"""What was expected, in words, in both languages."""

import re
import string
from typing import Any

import pytest
from frictionless import Package as FrictionlessPackage
from frictionless import system

from minshu.reports import Language, locale_language
from minshu.reports.phrases import KINDS, PHRASES, TITLES, say, say_warning

HAN = re.compile(r"[\u4e00-\u9fff]")
SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 1, "maximum": 5}},
        {"name": "text", "type": "string", "constraints": {"enum": ["ab", "cd"], "pattern": "[a-z]+", "minLength": 2}},
        {"name": "when", "type": "date", "format": "%d.%m.%Y", "constraints": {"unique": True}},
        {"name": "yes", "type": "boolean"},
    ],
    "primaryKey": ["id"],
    "foreignKeys": [{"fields": ["text"], "reference": {"resource": "", "fields": ["text"]}}],
}


@pytest.mark.parametrize(
    ("kind", "note", "english", "chinese"),
    [
        ("type-error", 'type is "integer/default"', "expected an integer", "应为整数"),
        ("type-error", 'type is "date/%d.%m"', "expected a date in the format %d.%m", "应为日期，格式为 %d.%m"),
        ("constraint-error", 'constraint "required" is "True"', "a value is required", "必须有值"),
        ("constraint-error", 'constraint "minimum" is "3"', "expected at least 3", "应不小于 3"),
        ("constraint-error", 'array item constraint "maximum" is "3"', "expected at most 3", "应不大于 3"),
        ("constraint-error", 'constraint "novel" is "{x}"', "expected novel {x}", "应满足约束 novel：{x}"),
        ("primary-key", "the same as in the row at position 2", "the key is the same as in the row at position 2",
         "主键与第 2 行相同"),
        ("unique-error", "the same as in the row at position 2", "the value is the same as in the row at position 2",
         "值与第 2 行相同"),
        ("foreign-key", 'for "a": values "x" not found in the lookup table "t" as "b"',
         "x: not found in b of the table t", "x 在表 t 的 b 中不存在"),
        ("encoding-error", "'utf-8' codec can't decode byte 0xff in position 7: invalid start byte",
         "not utf-8 text: the byte 0xff at position 7 cannot be decoded",
         "不是 utf-8 编码的文本：位置 7 处的字节 0xff 无法解码"),
        ("scheme-error", "[Errno 2] No such file or directory: 'a.csv'", "the file a.csv is not there",
         "文件 a.csv 不存在"),
        ("blank-row", "", "the row is blank", "整行为空"),
        ("cell-error", "金额应为正数 (positive)", "金额应为正数 (positive)", "金额应为正数 (positive)"),
    ],
)  # fmt: skip
def test_notes_are_put_into_words(kind: str, note: str, english: str, chinese: str) -> None:
    error = {"type": kind, "note": note}
    assert (say(error, Language.en), say(error, Language.zh)) == (english, chinese)


def test_an_error_without_a_note_says_its_message() -> None:
    assert say({"type": "novel", "note": "", "message": "M", "title": "T"}, Language.zh) == "M"


def test_warnings_of_our_own_are_translated() -> None:
    words = say_warning("The package declares no title; readers look for it.", Language.zh)
    assert words.startswith("数据包没有声明标题")
    assert say_warning("Another.", Language.zh) == "Another."


def test_every_phrase_says_the_same_values_in_both_languages() -> None:
    for phrase in PHRASES:
        english, chinese = (
            {name for _, name, _, _ in string.Formatter().parse(words) if name}
            for words in (phrase.english, phrase.chinese)
        )
        assert english == chinese, phrase
        assert english <= {*phrase.note.groupindex, "fieldName"}, phrase
        assert HAN.search(phrase.chinese), phrase
        assert not HAN.search(phrase.english), phrase


def test_every_field_type_of_the_standard_has_words() -> None:
    kinds = [
        "any", "array", "boolean", "date", "datetime", "duration", "geojson", "geopoint", "integer", "list", "number",
        "object", "string", "time", "year", "yearmonth",
    ]  # fmt: skip
    assert sorted(KINDS) == kinds


@pytest.mark.parametrize(
    "content",
    [
        "id,text,when,yes\n0,ab,x,maybe\n9,A,01.01.2020,true\n,a,01.01.2020,true\n2,cd\n2,cd,,,5\n\n",
        "id,id,other\n1,2,3\n",
        ",text\n1,ab\n",
        "",
        "\n",
    ],
)
def test_no_finding_of_frictionless_about_data_is_left_in_its_own_words(tmp_path: Any, content: str) -> None:
    (tmp_path / "t.csv").write_text(content, "utf-8")
    resource = {"name": "t", "path": "t.csv", "schema": SCHEMA, "encoding": "utf-8", "hash": "sha256:" + "0" * 64}
    with system.use_context(trusted=True):
        package = FrictionlessPackage.from_descriptor({"resources": [resource]}, basepath=str(tmp_path))
        report = package.validate().to_descriptor()
    errors = [error for task in report["tasks"] for error in task["errors"]]
    assert errors
    assert [error for error in errors if not HAN.search(say(error, Language.zh))] == []
    assert {error["type"] for error in errors} <= set(TITLES)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.en),
        ({"LANG": "zh_CN.UTF-8"}, Language.zh),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, Language.en),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, Language.zh),
    ],
)
def test_the_locale_decides_the_language(environment: dict[str, str], language: Language) -> None:
    assert locale_language(environment) is language
