"""What the cells of a column must be like, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from minshu.reports import Language
from minshu.reports.cells import shortened

CHOICES: Final = 12
"""How many values of an `enum` are told."""

_TRUE: Final = {"required": ("必填", "required"), "unique": ("唯一", "unique")}
_BOUNDS: Final = {
    "minimum": ("≥ {}", "≥ {}"),
    "maximum": ("≤ {}", "≤ {}"),
    "exclusiveMinimum": ("> {}", "> {}"),
    "exclusiveMaximum": ("< {}", "< {}"),
    "minLength": ("长度 ≥ {}", "length ≥ {}"),
    "maxLength": ("长度 ≤ {}", "length ≤ {}"),
    "pattern": ("格式 {}", "pattern {}"),
}


def constraints(schema: Mapping[str, Any], language: Language) -> dict[str, str]:
    """The constraints that a Table Schema declares, by column, as far as they are of the right form.

    A descriptor is its publisher's: it may hold anything.
    """
    told = {}
    fields = schema.get("fields")
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and isinstance(field.get("constraints"), dict):
            words = ("；" if language is Language.zh else "; ").join(_words(field["constraints"], language))
            told[str(field.get("name"))] = words
    return told


def _words(declared: Mapping[str, Any], language: Language) -> Iterator[str]:
    in_english = language is Language.en
    yield from (words[in_english] for name, words in _TRUE.items() if declared.get(name) is True)
    for name, words in _BOUNDS.items():
        if name in declared:
            yield words[in_english].format(shortened(str(declared[name])))
    choices = declared.get("enum")
    if isinstance(choices, list) and choices:
        yield _choices([shortened(str(choice)) for choice in choices[:CHOICES]], len(choices), in_english=in_english)


def _choices(shown: list[str], count: int, *, in_english: bool) -> str:
    if in_english:
        return f"one of: {', '.join(shown)}" + (f" … ({count:,})" if count > len(shown) else "")
    return f"取值：{'、'.join(shown)}" + (f" 等 {count:,} 个" if count > len(shown) else "")
