"""The forms of an outcome."""

from enum import StrEnum


class CiFormat(StrEnum):
    """How the outcome is printed."""

    text = "text"
    markdown = "markdown"
    github = "github"
    sarif = "sarif"
    json = "json"
