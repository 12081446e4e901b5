"""The outcome of all packages, in the forms that people and continuous integration read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version

import orjson

from minshu.ci.examined import Examined
from minshu.ci.forms import CiFormat
from minshu.diff.wording import place
from minshu.report import Report
from minshu.reports import Format, Origin, View, rendered
from minshu.reports.cells import shortened, visible
from minshu.reports.github import command
from minshu.reports.markdown import LONGEST, body, escaped
from minshu.reports.sarif import log as sarif

# The most changes listed for one package, for a comment holds 65,536 characters.
LISTED = 30
TITLE = "minshu ci"


@dataclass(frozen=True)
class Outcome:
    """What was found of every package that was looked at, and what is to be known of the whole."""

    examined: tuple[Examined, ...]
    notes: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether no package is in the way."""
        return all(one.passes for one in self.examined)

    @property
    def sentence(self) -> str:
        """The verdict on the whole."""
        count, failing = len(self.examined), sum(not one.passes for one in self.examined)
        if not count:
            return "No package is touched."
        packages = f"{count} package{'' if count == 1 else 's'}"
        return f"{failing} of {packages} cannot be released." if failing else f"{packages}, nothing in the way."

    def rendered(self, format_: CiFormat) -> str:
        """The outcome in a format, with a final newline."""
        text = _FORMATS[format_](self)
        return text if text.endswith("\n") else f"{text}\n"


def _text(outcome: Outcome) -> str:
    return "\n".join(_text_lines(outcome))


def _text_lines(outcome: Outcome) -> Iterator[str]:
    yield from outcome.notes
    for one in outcome.examined:
        if not one.report.valid:
            yield rendered(_view(one, one.report), Format.text).rstrip("\n")
        yield from (f"{one.path}: {visible(str(problem['note']))}" for problem in one.problems)
        yield f"{one.path}: {one.verdict}"
        yield from (f"  {visible(': '.join(filter(None, words)))}" for words in _changes(one))
    yield outcome.sentence


def _markdown(outcome: Outcome) -> str:
    return "\n".join(_markdown_lines(outcome))


def _markdown_lines(outcome: Outcome) -> Iterator[str]:
    yield f"## {'✅' if outcome.passes else '❌'} {TITLE}: {outcome.sentence}"
    yield ""
    yield from (f"- {escaped(note)}" for note in outcome.notes)
    for one in outcome.examined:
        yield f"### {'✅' if one.passes else '❌'} {escaped(str(one.path))}: {escaped(one.verdict)}"
        yield ""
        yield from (f"- ❌ {escaped(str(problem['note']))}" for problem in one.problems)
        yield ""
        yield from body(_view(one, one.report))
        yield ""
        changes = list(_changes(one))
        if changes:
            yield f"| takes | where | what changed since {escaped(str(one.base))} |"
            yield "| --- | --- | --- |"
            yield from (f"| {' | '.join(escaped(shortened(word, LONGEST)) for word in words)} |" for words in changes)
            yield ""


def _changes(one: Examined) -> Iterator[tuple[str, str, str]]:
    """How much each change takes, where it is and what it is; the heaviest first."""
    changes = one.difference.changes if one.difference else ()
    yield from ((change.bump, place(change), change.sentence) for change in changes[:LISTED])
    if len(changes) > LISTED:
        yield "", "", f"… and {len(changes) - LISTED} more changes."


def _github(outcome: Outcome) -> str:
    annotations = (rendered(_view(one, one.whole_report), Format.github) for one in outcome.examined)
    notes = (command("notice", {"title": TITLE}, words) + "\n" for words in (*outcome.notes, outcome.sentence))
    return "".join((*annotations, *notes))


def _sarif(outcome: Outcome) -> str:
    # One run for all, since code scanning takes one of a tool and category.
    return sarif([_view(one, one.whole_report) for one in outcome.examined])


def _json(outcome: Outcome) -> str:
    packages = [
        {
            "path": one.path.as_posix(),
            "name": one.name,
            "version": one.version,
            "base": one.base,
            "passes": one.passes,
            "released": one.released,
            "problems": list(one.problems),
            "difference": one.difference.model_dump(mode="json", exclude_none=True) if one.difference else None,
            "report": one.report.to_dict(),
        }
        for one in outcome.examined
    ]
    whole = {"passes": outcome.passes, "notes": list(outcome.notes), "packages": packages}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode()


def _view(one: Examined, report: Report) -> View:
    return View(report, Origin.of(one.path), version=installed_version("minshu"))


_FORMATS: Mapping[CiFormat, Callable[[Outcome], str]] = {
    CiFormat.text: _text,
    CiFormat.markdown: _markdown,
    CiFormat.github: _github,
    CiFormat.sarif: _sarif,
    CiFormat.json: _json,
}
