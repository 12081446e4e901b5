"""The tree of errors."""

import re

from minshu import errors
from minshu.errors import MinshuError


def classes(root: type[MinshuError]) -> list[type[MinshuError]]:
    """A class and all below it, depth first, as they are defined."""
    return [root, *(found for child in root.__subclasses__() for found in classes(child))]


def test_the_drawing_of_the_tree_is_the_tree() -> None:
    def drawn(node: type[MinshuError], depth: int = 0) -> list[tuple[int, str]]:
        return [(depth, node.__name__), *(line for child in node.__subclasses__() for line in drawn(child, depth + 1))]

    assert errors.__doc__
    lines = re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__, re.MULTILINE)
    assert [(len(indent) // 4, name) for indent, name in lines] == drawn(MinshuError)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in classes(MinshuError)]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
