"""What a Table Schema asks of a table, in words: what its rows were held against."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from minshu.reports.cells import shortened
from minshu.reports.language import Language

# Constraints that are about values of a column, and what they ask for, in both languages.
CONSTRAINTS: Final[Mapping[str, tuple[str, str]]] = {
    "required": ("always a value", "必填"),
    "unique": ("no value twice", "值不重复"),
    "enum": ("one of a list", "限定取值"),
    "minimum": ("a least value", "最小值"),
    "maximum": ("a largest value", "最大值"),
    "exclusiveMinimum": ("a bound from below", "下限"),
    "exclusiveMaximum": ("a bound from above", "上限"),
    "minLength": ("a least length", "最小长度"),
    "maxLength": ("a largest length", "最大长度"),
    "pattern": ("a pattern", "格式（正则表达式）"),
    "jsonSchema": ("a JSON Schema", "JSON Schema"),
}
NAMED: Final = 12
"""How many columns are named; of more only the number is told."""


def held_against(schema: Mapping[str, Any], language: Language) -> list[str]:
    """A sentence for each thing that the schema asks for; none for a table without a schema."""
    return [chinese if language is Language.zh else english for english, chinese in _asked(schema)]


def _asked(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    fields = schema.get("fields") or []
    if fields:
        typed = sum(field.get("type", "any") not in ("any", "string") for field in fields)
        yield (
            f"columns and their order ({len(fields):,}), types of {typed:,} that are not text",
            f"列及其顺序（{len(fields):,} 列），其中 {typed:,} 列的非文本类型",
        )
    for name, (english, chinese) in CONSTRAINTS.items():
        columns = [str(field.get("name")) for field in fields if (field.get("constraints") or {}).get(name)]
        if columns:
            yield f"{english}: {_named(columns, ', ', 'columns')}", f"{chinese}：{_named(columns, '、', '列')}"
    if key := _names(schema.get("primaryKey")):
        yield f"primary key: {', '.join(key)}", f"主键：{'、'.join(key)}"
    for unique in schema.get("uniqueKeys") or ():
        yield f"unique together: {', '.join(_names(unique))}", f"组合不重复：{'、'.join(_names(unique))}"
    for foreign in schema.get("foreignKeys") or ():
        reference = foreign["reference"]
        there = ".".join(filter(None, (reference.get("resource"), ", ".join(_names(reference.get("fields"))))))
        here = ", ".join(_names(foreign.get("fields")))
        yield f"foreign key: {here} → {there}", f"外键：{here} → {there}"


def _named(columns: Sequence[str], comma: str, noun: str) -> str:
    if len(columns) > NAMED:
        return f"{len(columns):,} {noun}"
    return comma.join(map(shortened, columns))


def _names(value: Any) -> list[str]:
    """The names of fields, which may be one text."""
    return [value] if isinstance(value, str) else [str(name) for name in value or ()]
