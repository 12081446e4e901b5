"""Numbers of things, in both languages."""

from collections.abc import Mapping

from minshu.reports.language import Language

NOUNS: Mapping[str, str] = {
    "error": "处错误",
    "warning": "条警告",
    "table": "张表",
    "row": "行数据",
    "resource": "个资源",
}


def counted(number: int, noun: str, language: Language) -> str:
    """How many of what: `1 error`, `1,234 errors`, `1,234 处错误`."""
    if language is Language.zh:
        return f"{number:,} {NOUNS[noun]}"
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
