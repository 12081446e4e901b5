"""What harvested datasets and their tables are called here: as their catalogue calls them, as far as that can be."""

from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Final

from minshu.describe.package import slug
from minshu.descriptors import NAME
from minshu.harvest.model import RemoteDataset

LONGEST: Final = 80
_DIGITS: Final = (8, 19)
"""How many digits follow a name: more where somebody found an id with the same ones. A name has 100 characters."""


def name_for(dataset: RemoteDataset, prefix: str, is_taken: Callable[[str], bool]) -> str:
    """The name of a dataset that is new here.

    That is the prefix and its own name. Where that is not all of a-z, digits, '.', '_' and '-', or is taken, eight
    digits of the SHA-256 of its id follow what is left of it; more of them where that is taken as well.
    """
    plain = slug(dataset.key)[: LONGEST - len(prefix)].rstrip("-._")
    name = f"{prefix}{plain}"
    if plain and plain == dataset.key and NAME.fullmatch(name) and not is_taken(name):
        return name
    begin = f"{prefix}{plain}-" if plain else prefix
    digest = sha256(dataset.id.encode("utf-8", "replace")).hexdigest()
    names = [f"{begin}{digest[:digits]}" for digits in _DIGITS]
    return next((name for name in names if not is_taken(name)), names[-1])


def table_name(words: Collection[str], taken: Collection[str]) -> str:
    """A name for a table that no other of its package has: the first of some words that makes one."""
    plain = next((found for word in words if (found := slug(word)[:LONGEST])), "table")
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name
