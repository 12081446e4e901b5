"""The formats of reports, as a table: what each is called, what it is, and the module that writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

from minshu.reports.view import View


class Format(StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"
    html = "html"
    junit = "junit"
    sarif = "sarif"
    github = "github"
    markdown = "markdown"


@dataclass(frozen=True)
class FormatSpec:
    """One format: its media type, what reads it, and the module whose `render(view)` gives its text."""

    media_type: str
    reader: str
    module: str


FORMATS: Mapping[Format, FormatSpec] = {
    Format.text: FormatSpec("text/plain", "people, at a terminal", "text"),
    Format.json: FormatSpec("application/json", "whatever reads frictionless's Report", "json"),
    Format.html: FormatSpec("text/html", "people, as one page to keep or send", "page"),
    Format.junit: FormatSpec("application/xml", "CI servers", "junit"),
    Format.sarif: FormatSpec("application/sarif+json", "code scanning and editors", "sarif"),
    Format.github: FormatSpec("text/plain", "GitHub Actions, as annotations", "github"),
    Format.markdown: FormatSpec("text/markdown", "job summaries and comments", "markdown"),
}


def rendered(view: View, format_: Format) -> str:
    """The report in a format, with a final newline."""
    # Imported by name, so that a text report does not wait for the page's templates.
    text: str = import_module(f"minshu.reports.{FORMATS[format_].module}").render(view)
    return text if text.endswith("\n") else f"{text}\n"


def findings(view: View) -> str:
    """The report as HTML for a page that has a frame of its own."""
    from minshu.reports.page import findings as written

    return written(view)
