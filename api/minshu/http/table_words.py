"""What the pages of tables call operators and types, in both languages, and what they say of a filter that is wrong.

An operator reads differently beside a number, a day and a text: `lt` is less, earlier, or before in order.
"""

from collections.abc import Mapping
from typing import Final

from minshu.bilingual import localized
from minshu.filters import kind, operators_for
from minshu.http.table_state import Columns, Condition
from minshu.manifest import ReleasedColumn
from minshu.operators import OPERATORS, Operator
from minshu.reports import Language

Words = tuple[str, str]
"""Chinese and English."""

_EQUAL: Final[Mapping[str, Words]] = {"eq": ("是", "is"), "ne": ("不是", "is not")}
_LISTS: Final[Mapping[str, Words]] = {
    "in": ("是其中之一", "is one of"),
    "notin": ("不是其中任何一个", "is none of"),
}
_NULLS: Final[Mapping[str, Words]] = {"isnull": ("为空", "has no value"), "notnull": ("不为空", "has a value")}
_PARTS: Final[Mapping[str, Words]] = {
    "contains": ("包含", "contains"),
    "startswith": ("开头是", "begins with"),
    "endswith": ("结尾是", "ends with"),
}
_PATTERNS: Final[Mapping[str, Words]] = {
    "like": ("符合样式（% 和 _）", "matches a pattern (% and _)"),
    "glob": ("符合通配符（* 和 ?）", "matches wildcards (* and ?)"),
}

FAMILIES: Final[Mapping[str, Mapping[str, Words]]] = {
    "text": {
        **_PARTS,
        **_EQUAL,
        **_LISTS,
        "lt": ("排在其前", "sorts before"),
        "lte": ("排在其前或相同", "sorts before or is"),
        "gt": ("排在其后", "sorts after"),
        "gte": ("排在其后或相同", "sorts after or is"),
        "between": ("排在两者之间", "sorts between"),
        **_PATTERNS,
        **_NULLS,
    },
    "number": {
        "eq": ("等于", "equals"),
        "ne": ("不等于", "does not equal"),
        "lt": ("小于", "is less than"),
        "lte": ("不大于", "is at most"),
        "gt": ("大于", "is greater than"),
        "gte": ("不小于", "is at least"),
        "between": ("介于", "is between"),
        **_LISTS,
        **_NULLS,
    },
    "time": {
        **_EQUAL,
        "lt": ("早于", "is before"),
        "lte": ("不晚于", "is not after"),
        "gt": ("晚于", "is after"),
        "gte": ("不早于", "is not before"),
        "between": ("介于", "is between"),
        **_LISTS,
        **_NULLS,
    },
    "boolean": {**_EQUAL, **_LISTS, **_NULLS},
    "json": {**_PARTS, **_PATTERNS, **_NULLS},
    "other": {**_NULLS},
}
"""The operators that fit each family of columns, those that people want most first."""

FAMILY_NAMES: Final[Mapping[str, Words]] = {
    "text": ("文本", "Text"),
    "number": ("数字", "Numbers"),
    "time": ("日期和时间", "Dates and times"),
    "boolean": ("真假值", "True or false"),
    "json": ("按原文保存的值", "Values kept as written"),
    "other": ("其他", "Others"),
}
_FAMILY: Final[Mapping[str, str]] = {
    **dict.fromkeys(("integer", "decimal", "float"), "number"),
    **dict.fromkeys(("date", "time", "timestamp", "timestamptz"), "time"),
    "text": "text",
    "boolean": "boolean",
    "json": "json",
    "written": "json",
    "other": "other",
}
_KINDS: Final[Mapping[str, Words]] = {
    "text": ("文本", "text"),
    "json": ("JSON", "JSON"),
    "written": ("按原文保存的值", "values kept as written"),
    "integer": ("整数", "whole numbers"),
    "decimal": ("小数", "decimal numbers"),
    "float": ("数字", "numbers"),
    "boolean": ("真假值", "true or false"),
    "date": ("日期", "dates"),
    "time": ("时间", "times"),
    "timestamp": ("日期时间", "dates with times"),
    "timestamptz": ("时刻", "instants"),
    "other": ("无法比较的值", "values that cannot be compared"),
}
TYPES: Final[Mapping[str, Words]] = {
    "string": ("文本", "text"),
    "integer": ("整数", "whole number"),
    "number": ("数字", "number"),
    "boolean": ("真假值", "true or false"),
    "date": ("日期", "date"),
    "time": ("时间", "time"),
    "datetime": ("日期时间", "date and time"),
    "year": ("年份", "year"),
    "yearmonth": ("年月", "year and month"),
    "duration": ("时长", "duration"),
    "geopoint": ("坐标点", "point"),
    "geojson": ("GeoJSON", "GeoJSON"),
    "array": ("数组", "array"),
    "list": ("列表", "list"),
    "object": ("对象", "object"),
    "any": ("任意", "anything"),
}


def said(words: Words, language: Language) -> str:
    """The words in a language."""
    return words[0] if language is Language.zh else words[1]


def family(column: ReleasedColumn) -> str:
    """The family of a column, which decides how operators are called beside it."""
    return _FAMILY[kind(column).name]


def type_words(column: ReleasedColumn, language: Language) -> str:
    """What a column's type is called, by its schema."""
    return said(TYPES.get(column.field_type, (column.field_type, column.field_type)), language)


def operator_words(condition: Condition, columns: Columns, language: Language) -> str:
    """What the operator of a filter is called beside its column; as it is written where there is no such."""
    column = next((column for column in columns if column.name == condition.column), None)
    fitting = FAMILIES[family(column)] if column else {}
    return said(fitting.get(condition.operator, (condition.operator, condition.operator)), language)


def fault_words(condition: Condition, columns: Columns, language: Language) -> str:
    """What is wrong with a filter that makes no sense, for who filled in the form."""
    column = next((column for column in columns if column.name == condition.column), None)
    if column is None:
        name = condition.pair[0]
        return said((f"没有列“{name}”。请从列表中选择一列。", f"There is no column “{name}”. Choose one."), language)
    title, holds = localized(language, column.title or column.name), said(_KINDS[kind(column).name], language)
    if condition.operator not in operators_for(column):
        return said(
            (
                f"这个条件不适用于“{title}”，该列是{holds}。请换一个条件。",
                f"This condition does not fit “{title}”, which holds {holds}. Choose another.",
            ),
            language,
        )
    example = _example(column, OPERATORS[condition.operator])
    value = condition.value
    return said(
        (
            f"“{title}”列是{holds}，“{value}”不符合这个条件。例如可以填：{example}",
            f"“{title}” holds {holds}, and “{value}” does not fit the condition. Write for example {example}",
        ),
        language,
    )


def _example(column: ReleasedColumn, operator: Operator) -> str:
    if operator.translate:
        return operator.example.partition("=")[2].replace("%25", "%")
    example = kind(column).example
    return {"two": f"{example},{example}", "none": "true"}.get(operator.arity, example)
