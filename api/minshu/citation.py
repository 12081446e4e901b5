"""How a release is cited: BibTeX, CSL-JSON, APA and GB/T 7714-2015, all of them pinned to one version.

Pure: a `Work` goes in, a text comes out. Two styles of one kind of thing don't ask for a processor of citation styles.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import orjson

from minshu.reports import Language

FEW: Final = 3
"""How many authors GB/T 7714 names before it says that there are others."""

MANY: Final = 20
"""How many authors APA names; of more, the first nineteen and the last."""

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# What TeX would take for its own. BibTeX counts braces even behind a backslash, so they are spelled out.
_TEX: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: rf"\{char}" for char in "&%$#_"},
    }
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ENDS: Final = ".。!！?？"


@dataclass(frozen=True)
class Author:
    """Who made a work: a person by both names, or whoever it is by the one name that is known, `literal`."""

    literal: str = ""
    family: str = ""
    given: str = ""

    @property
    def is_latin_person(self) -> bool:
        """Whether the given name stands apart from the family's, and may be cut to its initials."""
        return bool(self.family and self.given) and not _CHINESE.search(self.family + self.given)

    @property
    def name(self) -> str:
        """The name as one says it: 张三, San Zhang, General Office."""
        if self.is_latin_person:
            return f"{self.given} {self.family}"
        return self.literal or f"{self.family}{self.given}"

    @property
    def initials(self) -> list[str]:
        """The first letters of the given names."""
        return [part[0].upper() for part in re.split(r"[\s.-]+", self.given) if part]


@dataclass(frozen=True)
class Work:
    """A release as citations see it, its texts in one language. `accessed` is the day of citing."""

    name: str
    version: str
    title: str
    authors: Sequence[Author]
    publisher: str
    published: date
    accessed: date
    url: str
    sha256: str
    language: Language

    @property
    def creators(self) -> Sequence[Author]:
        """The authors; who published it where none are known."""
        return self.authors or ([Author(self.publisher)] if self.publisher else [])


def bibtex(work: Work, *, dated: bool = True) -> str:
    """An entry that BibTeX and biblatex read. It is `@misc`, for the former knows no `@dataset`.

    One that is not `dated` leaves out on which day it was read.
    """
    fields = {
        "author": " and ".join(map(_bibtex_name, work.creators)),
        "title": _braced(work.title),
        "year": str(work.published.year),
        "month": MONTHS[work.published.month - 1],
        "publisher": _tex(work.publisher),
        "version": _tex(work.version),
        "url": work.url,
        "urldate": work.accessed.isoformat() if dated else "",
        "note": _tex(f"Version {work.version}, SHA-256 {work.sha256}"),
    }
    # A month is a macro of every style, so that each may write it in its own way.
    lines = (f"  {key} = {value if key == 'month' else f'{{{value}}}'}" for key, value in fields.items() if value)
    key = f"{work.name}-{work.version}".replace("+", "-")  # Nothing else of a name or version troubles BibTeX.
    return "@misc{" + ",\n".join([key, *lines]) + "\n}\n"


def csl_json(work: Work) -> str:
    """A list of one item of CSL-JSON, which Zotero, pandoc and others read."""
    item: dict[str, Any] = {
        "id": f"{work.name}-{work.version}",
        "type": "dataset",
        "title": work.title,
        "author": [_csl_name(author) for author in work.creators],
        "issued": _csl_date(work.published),
        "accessed": _csl_date(work.accessed),
        "publisher": work.publisher,
        "version": work.version,
        "URL": work.url,
        "note": f"SHA-256 {work.sha256}",
        "language": "zh-CN" if work.language is Language.zh else "en",
    }
    told = {key: value for key, value in item.items() if value}
    return orjson.dumps([told], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def apa(work: Work) -> str:
    """A reference by the seventh edition of APA, in one line, without its italics."""
    in_chinese = work.language is Language.zh
    version = f"（{work.version}版）" if in_chinese else f" (Version {work.version})"
    title = f"{work.title}{version}{'' if in_chinese else ' '}[{'数据集' if in_chinese else 'Data set'}]"
    year = f"({work.published.year})"
    authors = _apa_names([_apa_name(author) for author in work.creators], work.language)
    # Who published what he wrote is named once.
    publisher = "" if authors in ("", work.publisher) else work.publisher
    parts = [f"{_ended(authors)} {year}", title] if authors else [title, year]
    return " ".join([*map(_ended, filter(None, [*parts, publisher])), work.url])


def gbt7714(work: Work) -> str:
    """A reference by GB/T 7714-2015: a dataset on line, [DS/OL], with the days of its release and of citing."""
    in_chinese = work.language is Language.zh
    names = [_gbt_name(author) for author in work.creators]
    authors = ", ".join([*names[:FEW], *(["等" if in_chinese else "et al"] if len(names) > FEW else [])])
    version = f"{work.version}版" if in_chinese else f"Ver. {work.version}"
    issued = f"{work.published.year}({work.published})[{work.accessed}]"
    imprint = f"{work.publisher}, {issued}" if work.publisher else issued
    parts = [authors, f"{work.title}[DS/OL]", version, imprint, work.url]
    return " ".join(_ended(part) for part in parts if part)


def references(work: Work) -> str:
    """Both references, and the digest that shows the data to be what was cited, as plain text."""
    digest = f"SHA-256 (release.json): {work.sha256}"
    return f"APA\n{apa(work)}\n\nGB/T 7714-2015\n{gbt7714(work)}\n\n{digest}\n"


WRITERS: Final[Mapping[str, Callable[[Work], str]]] = {"bib": bibtex, "json": csl_json, "txt": references}
"""What writes the file of a citation, by its suffix."""


def _tex(text: str) -> str:
    return text.translate(_TEX)


def _braced(text: str) -> str:
    """A text whose capitals no style may make small."""
    return f"{{{_tex(text)}}}"


def _bibtex_name(author: Author) -> str:
    """A name that BibTeX does not take apart: at `and`, at commas, at blanks."""
    if author.is_latin_person:
        return f"{_braced(author.family)}, {_braced(author.given)}"
    return _braced(author.name)


def _csl_name(author: Author) -> dict[str, str]:
    if author.family and author.given:
        return {"family": author.family, "given": author.given}
    return {"literal": author.name}


def _csl_date(day: date) -> dict[str, Any]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _apa_name(author: Author) -> str:
    if author.is_latin_person:
        return f"{author.family}, {' '.join(f'{letter}.' for letter in author.initials)}"
    return author.name


def _apa_names(names: Sequence[str], language: Language) -> str:
    if len(names) > MANY:
        names = [*names[: MANY - 1], f"… {names[-1]}"]
        return _separated(names, language)
    if len(names) < 2 or language is Language.zh:
        return _separated(names, language)
    return f"{_separated(names[:-1], language)}, & {names[-1]}"


def _separated(names: Iterable[str], language: Language) -> str:
    return ("、" if language is Language.zh else ", ").join(names)


def _gbt_name(author: Author) -> str:
    if author.is_latin_person:
        return f"{author.family.upper()} {' '.join(author.initials)}"
    return author.name


def _ended(part: str) -> str:
    """A part with the full stop that ends it, if it has none of its own."""
    return part if part.endswith(tuple(_ENDS)) else f"{part}."
