"""The tree of errors."""

import re

from minshu import errors
from minshu.errors import MinshuError


def classes(root: type[MinshuError]) -> list[type[MinshuError]]:
    """A class and all below it, depth first, as they are defined."""
    return [root, *(found for child in root.__subclasses__() for found in classes(child))]


def test_the_drawing_of_the_tree_is_the_tree() -> None:
    assert errors.__doc__
    drawn: list[str] = []
    edges: list[tuple[str | None, str]] = []
    for indent, name in re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__, re.MULTILINE):
        drawn = [*drawn[: len(indent) // 4], name]
        edges.append((drawn[-2] if len(drawn) > 1 else None, name))
    bases = [
        (cls.__bases__[0].__name__ if cls is not MinshuError else None, cls.__name__) for cls in classes(MinshuError)
    ]
    assert sorted(edges, key=str) == sorted(bases, key=str)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in classes(MinshuError)]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
