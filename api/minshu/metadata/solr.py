"""What `q` and `fq` of CKAN's `package_search` ask: the part of Solr's query language that harvesters write.

Words, `"phrases"`, `field:value`, `field:(a OR b)`, `field:[a TO b]`, `*`; `AND`, `OR`, `NOT`, `+`, `-` and brackets.
What is left out - a missing operator - is AND, as CKAN configures it. https://solr.apache.org/guide/solr/latest/
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from minshu.errors import BadSearch
from minshu.search import fold

LONGEST: Final = 4000
DEEPEST: Final = 30
MOST: Final = 500
"""Words, operators and brackets that a question may have."""

TEXTS: Final = frozenset({"title", "notes", "text", "res_name", "res_description"})
"""Fields of which a part is looked for; of all others it is the whole value."""

TIMES: Final = frozenset({"metadata_created", "metadata_modified"})

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<and>AND\b|&&) | (?P<or>OR\b|\|\|) | (?P<not>NOT\b|!|-) | (?P<must>\+)
        | (?P<field>[A-Za-z_][A-Za-z0-9_.-]*): | (?P<all>\*:\*)
        | (?P<range>[\[{]\s*\S+\s+TO\s+[^\s\]}]+\s*[\]}])
        | "(?P<phrase>(?:[^"\\]|\\.)*)"
        | (?P<word>(?:[^\s()\[\]{}"\\]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_RANGE: Final = re.compile(r"([\[{])\s*(\S+)\s+TO\s+([^\s\]}]+)\s*([\]}])")
# What Solr reads as a weight or a likeness, unless a backslash is before it; and, in a field, as one letter or a regex.
_UNREAD: Final = re.compile(r"(?:[^\\]|\\.)*?[\^~][0-9.]*", re.DOTALL)
_UNREAD_IN_FIELD: Final = re.compile(r"/.*|(?:[^\\]|\\.)*?\?.*", re.DOTALL)
_NOW: Final = re.compile(r"NOW(?:([+-])([0-9]{1,5})(SECOND|MINUTE|HOUR|DAY)S?)?")


@dataclass(frozen=True)
class Document:
    """What a search looks at: the values of fields, folded but for times, and whether a folded word is said of it."""

    fields: Mapping[str, tuple[str, ...]]
    says: Callable[[str], bool]


Test = Callable[[Document], bool]


@dataclass(frozen=True)
class Question:
    """A question that was read: what it holds for, and the words in it that belong to no field, folded."""

    holds: Test
    words: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it holds for whatever there is."""
        return self.holds is _anything


def parse(text: str, known: frozenset[str], parameter: str = "q") -> Question:
    """The question that a text asks of documents with these fields. Raises BadSearch."""
    if len(text) > LONGEST:
        raise BadSearch(parameter, f"has {len(text)} characters, and may have {LONGEST}")
    return _Parser(_tokens(text, parameter), known, parameter).question() if text.strip() else Question(_anything)


def _tokens(text: str, parameter: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadSearch(parameter, f"cannot be read from {text[at : at + 20].strip()!r} on")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    if len(found) > MOST:
        raise BadSearch(parameter, f"has {len(found)} words and signs, and may have {MOST}")
    return found


class _Parser:
    """Reads tokens from the left: what is joined by OR, of what is joined by AND, of single conditions."""

    def __init__(self, tokens: Sequence[tuple[str, str]], known: frozenset[str], parameter: str) -> None:
        self._tokens, self._known, self._parameter = tokens, known, parameter
        self._at, self._depth = 0, 0
        self._words: list[str] = []

    def question(self) -> Question:
        holds = self._either(None)
        if self._kind:
            raise self._bad("has a bracket too many")
        return Question(holds, tuple(dict.fromkeys(self._words)))

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if not self._kind:
            raise self._bad("ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self, field: str | None) -> Test:
        tests = [self._all(field)]
        while self._kind == "or":
            self._take()
            tests.append(self._all(field))
        return tests[0] if len(tests) == 1 else lambda document: any(test(document) for test in tests)

    def _all(self, field: str | None) -> Test:
        tests = [self._single(field)]
        while self._kind not in ("", "or", "close"):
            if self._kind == "and":
                self._take()
            tests.append(self._single(field))
        return tests[0] if len(tests) == 1 else lambda document: all(test(document) for test in tests)

    def _single(self, field: str | None) -> Test:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._bad(f"has more than {DEEPEST} brackets or signs within each other")
        found = self._read(field)
        self._depth -= 1
        return found

    def _read(self, field: str | None) -> Test:
        kind, text = self._take()
        match kind:
            case "not":
                inner = self._single(field)
                return lambda document: not inner(document)
            case "must":
                return self._single(field)
            case "open":
                return self._group(field)
            case "field":
                return self._single(self._field(text))
            case "all":
                return _anything
            case "range":
                return self._between(field, text)
            case "phrase" | "word":
                return self._value(field, self._plain(field, kind, text), pattern=kind == "word")
        raise self._bad(f"has {text!r} where a word must stand")

    def _plain(self, field: str | None, kind: str, text: str) -> str:
        """The text that is meant, without what is before signs that stand for themselves."""
        if kind == "word" and (_UNREAD.fullmatch(text) or (field and _UNREAD_IN_FIELD.fullmatch(text))):
            raise self._bad(f"has {text!r}, but ^, ~, ? and / are read as they stand only behind a \\")
        return re.sub(r"\\(.)", r"\1", text)

    def _group(self, field: str | None) -> Test:
        inner = self._either(field)
        if self._kind != "close":
            raise self._bad("has a bracket that is not closed")
        self._take()
        return inner

    def _field(self, name: str) -> str:
        if name not in self._known and not name.startswith("extras_"):
            raise self._bad(f"names the field {name!r}. Known: {', '.join(sorted(self._known))} and extras_NAME")
        return name

    def _value(self, field: str | None, text: str, *, pattern: bool) -> Test:
        wanted = fold(text)
        if field is None:
            word = wanted.strip("*") if pattern else wanted
            self._words += [word] if word else []
            return lambda document: document.says(word)
        if field in TIMES and wanted != "*":
            return self._between(field, f"[{text} TO {text}]")
        if field in TEXTS:
            part = wanted.strip("*") if pattern else wanted
            return lambda document: any(part in value for value in document.fields.get(field, ()))
        if pattern and "*" in wanted:
            return lambda document: any(_like(value, wanted) for value in document.fields.get(field, ()))
        return lambda document: any(value == wanted for value in document.fields.get(field, ()))

    def _between(self, field: str | None, text: str) -> Test:
        match = _RANGE.fullmatch(text)
        if match is None or field is None:
            raise self._bad(f"has {text!r}, but a range is written field:[from TO to]")
        start, stop = (self._bound(field, match[at].strip('"')) for at in (2, 3))
        after, before = match[1] == "{", match[4] == "}"

        def lies(value: str) -> bool:
            value = _utc(value) if field in TIMES else value
            is_late = start is None or value > start or (value == start and not after)
            return is_late and (stop is None or value < stop or (value == stop and not before))

        return lambda document: any(map(lies, document.fields.get(field, ())))

    def _bound(self, field: str, text: str) -> str | None:
        if text == "*":
            return None
        if field not in TIMES:
            return fold(text)
        try:
            return _utc(text.replace("\\", ""))
        except (ValueError, OverflowError):
            raise self._bad(
                f"has {text!r} for {field}, but a time is written 2026-11-25T08:00:00Z or NOW-7DAYS"
            ) from None

    def _bad(self, reason: str) -> BadSearch:
        return BadSearch(self._parameter, reason)


def _anything(_: Document) -> bool:
    return True


def _utc(text: str) -> str:
    """A time as a text that sorts as times do; without a zone it is UTC. Raises ValueError or OverflowError."""
    if match := _NOW.fullmatch(text):
        sign, count, unit = match.groups()
        away = timedelta(**{f"{unit.lower()}s": int(f"{sign}{count}")}) if unit else timedelta()
        return (datetime.now(UTC) + away).isoformat(timespec="microseconds")
    found = datetime.fromisoformat(text)
    return (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)).isoformat(timespec="microseconds")


def _like(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern in which `*` is any text. Each part is looked for once, from the left."""
    first, *middle, last = pattern.split("*")
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
