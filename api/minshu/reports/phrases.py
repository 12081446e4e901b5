"""What is wrong, in words, in both languages: one table of the notes that frictionless writes, and one of its types.

A note that no pattern knows - a content rule's own description, say - passes through as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from minshu.report import Finding
from minshu.reports.faults import in_chinese
from minshu.reports.language import Language

# Kinds of values, with their articles.
KINDS: Mapping[str, tuple[str, str]] = {
    "any": ("any value", "任意值"),
    "array": ("a JSON array", "JSON 数组"),
    "boolean": ("a boolean", "布尔值"),
    "date": ("a date", "日期"),
    "datetime": ("a date and time", "日期时间"),
    "duration": ("an ISO 8601 duration", "ISO 8601 时长"),
    "geojson": ("a GeoJSON object", "GeoJSON 对象"),
    "geopoint": ("a geographical point", "地理坐标点"),
    "integer": ("an integer", "整数"),
    "list": ("a list", "列表"),
    "number": ("a number", "数字"),
    "object": ("a JSON object", "JSON 对象"),
    "string": ("a text", "文本"),
    "time": ("a time", "时间"),
    "year": ("a year", "年份"),
    "yearmonth": ("a year and month", "年月"),
}
# Types of errors: what a heading calls them.
TITLES: Mapping[str, tuple[str, str]] = {
    "blank-header": ("Blank header", "表头为空"),
    "blank-label": ("Blank label", "列名为空"),
    "blank-row": ("Blank row", "空行"),
    "byte-count": ("Wrong number of bytes", "字节数不符"),
    "cell-error": ("Cell breaks a rule", "单元格不符合规则"),
    "changelog-error": ("Changelog", "变更记录缺失"),
    "compression-error": ("Compression", "压缩错误"),
    "constraint-error": ("Constraint broken", "不满足约束"),
    "dialect-error": ("Dialect", "方言描述有误"),
    "duplicate-label": ("Duplicate label", "列名重复"),
    "encoding-error": ("Encoding", "编码错误"),
    "extra-cell": ("Extra cell", "多余的单元格"),
    "extra-label": ("Extra column", "多余的列"),
    "field-count": ("Wrong number of fields", "字段数不符"),
    "field-error": ("Field", "字段描述有误"),
    "foreign-key": ("Foreign key", "外键无对应"),
    "format-error": ("Format", "格式错误"),
    "hash-count": ("Wrong digest", "校验值不符"),
    "incorrect-label": ("Wrong label", "列名不符"),
    "missing-cell": ("Missing cell", "缺少单元格"),
    "missing-label": ("Missing column", "缺少列"),
    "package-error": ("Package", "数据包有误"),
    "primary-key": ("Primary key", "主键冲突"),
    "resource-error": ("Resource", "资源描述有误"),
    "row-count": ("Wrong number of rows", "行数不符"),
    "row-error": ("Row breaks a rule", "行不符合规则"),
    "schema-error": ("Schema", "表结构描述有误"),
    "scheme-error": ("Reading", "读取错误"),
    "source-error": ("Source", "数据源错误"),
    "table-error": ("Table breaks a rule", "表不符合规则"),
    "type-error": ("Wrong type", "类型不符"),
    "unique-error": ("Not unique", "值重复"),
    "unmatched-header": ("Header matches no field", "表头与字段全不相符"),
    "version-error": ("Version", "版本号不当"),
}


@dataclass(frozen=True)
class Phrase:
    """A note, and how it is said. `{named}` groups are put in; `{kind}` becomes the words for a type of value.

    `types` are the error types that it is for, all if empty.
    """

    note: re.Pattern[str]
    english: str
    chinese: str
    types: tuple[str, ...] = ()


def _phrase(note: str, english: str, chinese: str, *types: str) -> Phrase:
    return Phrase(re.compile(note, re.DOTALL), english, chinese, types)


def _constraint(name: str, english: str, chinese: str) -> Phrase:
    return _phrase(rf'(?:array item )?constraint "{name}" is "(?P<value>.*)"', english, chinese)


ANY = r".*"
PHRASES: tuple[Phrase, ...] = (
    _phrase(r'(?:array item )?type is "(?P<kind>\w+)(?:/(?:default)?)?"', "expected {kind}", "应为{kind}"),
    _phrase(
        r'(?:array item )?type is "(?P<kind>\w+)/(?P<format>.+)"',
        "expected {kind} in the format {format}",
        "应为{kind}，格式为 {format}",
    ),
    _phrase(r'expected item type is "(?P<kind>\w+)"', "expected each item to be {kind}", "列表的每一项应为{kind}"),
    _constraint("required", "a value is required", "必须有值"),
    _constraint("unique", "values must not repeat", "值不得重复"),
    _constraint("minimum", "expected at least {value}", "应不小于 {value}"),
    _constraint("maximum", "expected at most {value}", "应不大于 {value}"),
    _constraint("exclusiveMinimum", "expected more than {value}", "应大于 {value}"),
    _constraint("exclusiveMaximum", "expected less than {value}", "应小于 {value}"),
    _constraint("minLength", "expected a length of at least {value}", "长度应不小于 {value}"),
    _constraint("maxLength", "expected a length of at most {value}", "长度应不大于 {value}"),
    _constraint("pattern", "expected to match the pattern {value}", "应符合正则表达式 {value}"),
    _constraint("enum", "expected one of {value}", "应为 {value} 之一"),
    _constraint("categories", "expected one of the categories {value}", "应为类别 {value} 之一"),
    _constraint("jsonSchema", "expected to satisfy the JSON Schema {value}", "应符合 JSON Schema {value}"),
    _phrase(
        r'(?:array item )?constraint "(?P<name>[^"]+)" is "(?P<value>.*)"',
        "expected {name} {value}",
        "应满足约束 {name}：{value}",
    ),
    _phrase(
        r"the same as in the row at position (?P<row>\d+)",
        "the key is the same as in the row at position {row}",
        "主键与第 {row} 行相同",
        "primary-key",
    ),
    _phrase(
        r"the same as in the row at position (?P<row>\d+)",
        "the value is the same as in the row at position {row}",
        "值与第 {row} 行相同",
    ),
    _phrase(
        r'cells composing the primary keys are all "None"',
        "the primary key has no value",
        "主键不能为空",
        "primary-key",
    ),
    _phrase(
        r'cells composing the primary keys are "None": "(?P<fields>.*)"',
        "the primary key has no value in {fields}",
        "主键字段 {fields} 不能为空",
        "primary-key",
    ),
    _phrase(
        r'unique key "(?P<fields>.*)" is the same as in the row at position (?P<row>\d+)',
        "the unique key {fields} is the same as in the row at position {row}",
        "唯一键 {fields} 与第 {row} 行相同",
        "row-error",
    ),
    _phrase(
        r"a quote that opens in this row is not closed before the end of the file",
        "a quote that opens in this row is not closed before the end of the file",
        "该行的一个引号直到文件末尾都没有闭合",
    ),
    _phrase(
        r"a quote that opens in this row is not closed within (?P<count>.*) characters",
        "a quote that opens in this row is not closed within {count} characters",
        "该行的一个引号在 {count} 个字符内没有闭合",
    ),
    _phrase(
        r'for "(?P<fields>.*)": values "(?P<values>.*)" not found in the lookup table "" as "(?P<there>.*)"',
        "{values}: not found in {there} of this table",
        "{values} 在本表的 {there} 中不存在",
        "foreign-key",
    ),
    _phrase(
        r'for "(?P<fields>.*)": values "(?P<values>.*)" not found in the lookup table "(?P<table>.*)"'
        r' as "(?P<there>.*)"',
        "{values}: not found in {there} of the table {table}",
        "{values} 在表 {table} 的 {there} 中不存在",
        "foreign-key",
    ),
    _phrase(ANY, "the row is blank", "整行为空", "blank-row"),
    _phrase(ANY, "the row has more cells than there are fields", "该行的单元格多于字段", "extra-cell"),
    _phrase(ANY, "the cell is missing: the row is too short", "该行过短，缺少这个单元格", "missing-cell"),
    _phrase(ANY, "the header row is blank", "表头行为空", "blank-header"),
    _phrase(
        ANY, "no column of the header is a field of the schema", "表头中没有一列是表结构的字段", "unmatched-header"
    ),
    _phrase(ANY, "the column has no name in the header", "表头中这一列没有名称", "blank-label"),
    _phrase(ANY, "the schema has no field for this column", "表结构中没有这一列对应的字段", "extra-label"),
    _phrase(ANY, "the column of this field is missing", "缺少这个字段的列", "missing-label"),
    _phrase(
        r'at position "(?P<fields>[^"]*)"',
        "the same label as the column at position {fields}",
        "与第 {fields} 列的列名相同",
        "duplicate-label",
    ),
    _phrase(ANY, "the label is not the field's name, {fieldName}", "列名应为字段名 {fieldName}", "incorrect-label"),
    _phrase(
        r'expected is "(?P<expected>.*)" and actual is "(?P<actual>.*)"',
        "the descriptor declares {expected}; there is {actual}",
        "描述文件声明为 {expected}，实际为 {actual}",
    ),
    _phrase(
        r"'(?P<codec>[\w-]+)' codec can't decode byte (?P<byte>0x\w+) in position (?P<position>\d+): .*",
        "not {codec} text: the byte {byte} at position {position} cannot be decoded",
        "不是 {codec} 编码的文本：位置 {position} 处的字节 {byte} 无法解码",
    ),
    _phrase(
        r"'(?P<codec>[\w-]+)' codec can't decode bytes in position (?P<position>[\d-]+): .*",
        "not {codec} text: the bytes at position {position} cannot be decoded",
        "不是 {codec} 编码的文本：位置 {position} 处的字节无法解码",
    ),
    _phrase(r"unknown encoding: (?P<name>.*)", "there is no encoding {name}", "没有名为 {name} 的编码"),
    _phrase(
        r"\[Errno 2\] No such file or directory: '(?P<path>.*)'", "the file {path} is not there", "文件 {path} 不存在"
    ),
    _phrase(
        r"\[Errno 13\] Permission denied: '(?P<path>.*)'",
        "the file {path} may not be read",
        "没有读取文件 {path} 的权限",
    ),
    _phrase(r"the source is empty", "the file is empty", "文件为空"),
    _phrase(r'compression "(?P<name>.*)" is not supported', "the compression {name} is not known", "不支持压缩 {name}"),
    _phrase(r'scheme "(?P<name>.*)" is not supported', "the scheme {name} is not known", "不支持协议 {name}"),
    _phrase(r'format "(?P<name>.*)" is not supported', "the format {name} is not known", "不支持格式 {name}"),
    _phrase(r'field type "(?P<name>.*)" is not supported', "there is no field type {name}", "没有字段类型 {name}"),
    _phrase(
        r'failed to handle a foreign key for resource "(?P<name>.*)" as resource "(?P<table>.*)" does not exist',
        "a foreign key refers to the table {table}, which is not in the package",
        "外键引用的表 {table} 不在数据包中",
    ),
    _phrase(
        r'path "(?P<path>.*)" is not safe', "the path {path} leads out of the package", "路径 {path} 超出数据包范围"
    ),
    _phrase(r"names of the fields are not unique", "two fields have the same name", "字段名重复"),
    _phrase(r"names of the resources are not unique", "two resources have the same name", "资源名重复"),
    _phrase(
        r'constraint "(?P<name>.*)" is not supported by type "(?P<type>.*)"',
        "the type {type} does not take the constraint {name}",
        "类型 {type} 不支持约束 {name}",
    ),
    _phrase(
        r'primary key "(?P<key>.*)" does not match the fields "(?P<fields>.*)"',
        "the primary key {key} names a field that is not among {fields}",
        "主键 {key} 中有字段不在 {fields} 之中",
    ),
    _phrase(
        r'foreign key "(?P<key>.*)" does not match the fields "(?P<fields>.*)"',
        "the foreign key {key} names a field that is not among {fields}",
        "外键 {key} 中有字段不在 {fields} 之中",
    ),
    _phrase(
        r"'(?P<name>[^']*)' is a required property(?: at property '(?P<at>.*)')?",
        "the property {name} is missing",
        "缺少属性 {name}",
    ),
    _phrase(
        r"(?P<value>.*) does not match (?P<pattern>.*) at property '(?P<at>.*)'",
        "the property {at}, {value}, does not match the pattern {pattern}",
        "属性 {at} 的值 {value} 不符合 {pattern}",
    ),
    _phrase(
        r"The package declares no title; .*",
        "the package declares no title; readers look for it",
        "数据包没有声明标题（title），读者会需要它",
    ),
    _phrase(
        r"The package declares no licenses; .*",
        "the package declares no licenses; readers look for them",
        "数据包没有声明许可（licenses），读者会需要它",
    ),
    _phrase(
        r"The profile (?P<name>.*) was not fetched, so it was not checked\.",
        "the profile {name} was not fetched, so it was not checked",
        "未下载配置规范 {name}，因此没有按它检查",
    ),
    _phrase(
        r"The rules of the dataset were not run: its structure has errors\.",
        "the rules of the dataset were not run: its structure has errors",
        "结构有误，因此没有运行数据集的内容规则",
    ),
    _phrase(
        r"(?P<table>.*) cannot be published: (?P<name>.*) stands twice \(case does not count\)\.",
        "{table} cannot be published: {name} stands twice (case does not count)",
        "{table} 无法发布：{name} 重复（不区分大小写）",
    ),
)


def say(error: Finding, language: Language) -> str:
    """What is wrong with what an error is about: what was expected, in words."""
    note = str(error.get("note") or "")
    kind = str(error.get("type") or "")
    if language is Language.zh and "pointer" in error and (fault := in_chinese(note)):
        return fault
    known = _said(note, kind, {"fieldName": str(error.get("fieldName", ""))}, language)
    return known or note or str(error.get("message") or error.get("title") or kind)


def say_warning(warning: str, language: Language) -> str:
    """A warning in words."""
    fault = in_chinese(warning) if language is Language.zh else None
    return fault or _said(warning, "", {}, language) or warning


def title(error: Finding, language: Language) -> str:
    """What errors of this type are called."""
    kind = str(error.get("type") or "")
    if kind in TITLES:
        return TITLES[kind][language is Language.zh]
    return str(error.get("title") or kind)


def _said(note: str, kind: str, given: Mapping[str, str], language: Language) -> str | None:
    for phrase in PHRASES:
        if phrase.types and kind not in phrase.types:
            continue
        if match := phrase.note.fullmatch(note):
            groups = {name: value or "" for name, value in match.groupdict().items()}
            if "kind" in groups:
                groups["kind"] = KINDS.get(groups["kind"], (groups["kind"],) * 2)[language is Language.zh]
            words = phrase.chinese if language is Language.zh else phrase.english
            return words.format(**given, **groups)
    return None
