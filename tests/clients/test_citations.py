"""Citations as the programs of those who cite read them: BibTeX by pybtex, CSL-JSON by citeproc."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minshu.citation import Author, Work, bibtex, csl_json
from minshu.reports import Language

PYTHON = Path(__file__).parents[2] / ".venv-clients/bin/python"
WORK = Work(
    name="demo",
    version="1.0.0-rc.1",
    title="题名",
    authors=[
        Author("Lab, and Sons {Ltd} & Co"),
        Author(family="张", given="三"),
        Author(family="Lee", given="Anna B."),
    ],
    publisher="闽数",
    published=date(2026, 11, 5),
    accessed=date(2026, 12, 1),
    url="https://data.example.org/datasets/demo/versions/1.0.0-rc.1",
    sha256="ab" * 32,
    language=Language.en,
)
TITLES = [
    r"50% of $a_1 & #2 {x} ~ ^ \end",
    "}{ unbalanced {{",
    'He said "no", and = @book{',
    "2019年数字福建工作要点 — Überblick",
    "\\",
    "C:\\temp\\%PATH%",
]
# What LaTeX shows for its commands: pybtex knows how entries are written, and too few of these.
LATEX = {
    r"\textbackslash{}": "\\",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    **{rf"\{char}": char for char in "&%$#_"},
}
BIBTEX = """
import json, sys
from pybtex.database import parse_string

found = []
for text in json.load(sys.stdin):
    (entry,) = parse_string(text, "bibtex").entries.values()
    found.append([entry.type, dict(entry.fields), [str(person) for person in entry.persons["author"]]])
json.dump(found, sys.stdout)
"""
CSL = """
import json, sys, warnings
warnings.simplefilter("ignore")
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON

items = json.load(sys.stdin)
style = CitationStylesStyle("harvard-cite-them-right", validate=False)
bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
bibliography.register(Citation([CitationItem(items[0]["id"])]))
print(str(bibliography.bibliography()[0]))
"""


def run(program: str, given: Any) -> str:
    done = subprocess.run(
        [str(PYTHON), "-c", program], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(text: str) -> str:
    """What LaTeX makes of a text: braces group, commands are characters."""
    commands = "|".join(map(re.escape, LATEX))
    return re.sub(rf"({commands})|[{{}}]", lambda found: LATEX.get(found[0], ""), text)


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    """What pybtex reads of an entry of each title."""
    entries = [bibtex(replace(WORK, title=title)) for title in TITLES]
    return dict(zip(TITLES, json.loads(run(BIBTEX, entries)), strict=True))


@pytest.mark.parametrize("title", TITLES)
def test_a_title_comes_out_of_bibtex_as_it_is(read: dict[str, Any], title: str) -> None:
    kind, fields, _ = read[title]
    assert (kind, shown(fields["title"])) == ("misc", title)


def test_names_come_out_of_bibtex_undivided(read: dict[str, Any]) -> None:
    _, fields, names = read[TITLES[0]]
    assert [shown(name) for name in names] == ["Lab, and Sons {Ltd} & Co", "张三", "Lee, Anna B."]
    assert (fields["url"], fields["version"], fields["month"]) == (WORK.url, "1.0.0-rc.1", "November")


def test_citeproc_makes_a_reference_of_our_csl_json() -> None:
    text = run(CSL, json.loads(csl_json(WORK)))
    assert all(part in text for part in ("Lee", "2026", "题名", "data.example.org"))
