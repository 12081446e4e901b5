"""Changes, in words of both languages."""

import json
from typing import Any

from minshu.diff.model import Change
from minshu.diff.rules import RULES
from minshu.reports.cells import shortened
from minshu.reports.language import Language


def sentence(change: Change, language: Language) -> str:
    """What a change is, in one sentence that does not name its resource and field."""
    rule = RULES[change.rule]
    template = rule.english if language is Language.en else rule.chinese
    if language is Language.en and change.count == 1:
        template = _singular(template)
    return template.format(
        field=_word(change.field, language),
        property=change.property,
        old=_word(change.old, language),
        new=_word(change.new, language),
        count="" if change.count is None else f"{change.count:,}",
    )


def place(change: Change) -> str:
    """Where a change is: a resource and, where there is one, its field; empty for the package."""
    return " ".join(part for part in (change.resource, change.field) if part is not None)


def _word(value: Any, language: Language) -> str:
    """A value as people read it: names bare, everything else as JSON, both on one line."""
    if value is None:
        return "none" if language is Language.en else "无"
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return shortened(", ".join(value)) or "[]"
    if isinstance(value, str):
        return shortened(value) or '""'
    return shortened(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _singular(template: str) -> str:
    return template.replace("rows are", "row is").replace("cells have", "cell has")
