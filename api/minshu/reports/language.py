"""The two languages that a report is written in."""

from collections.abc import Mapping
from enum import StrEnum

# POSIX, "Environment Variables": the first of these that is set and not empty decides.
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """A language of reports."""

    zh = "zh"
    en = "en"


def locale_language(environment: Mapping[str, str]) -> Language:
    """The language of a locale: Chinese where its name begins with `zh`, else English."""
    name = next((environment[key] for key in LOCALE if environment.get(key)), "")
    return Language.zh if name.lower().startswith("zh") else Language.en
