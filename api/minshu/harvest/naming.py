"""What harvested datasets and their tables are called here: as their catalogue calls them, as far as that can be."""

from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Final

from minshu.describe.package import slug
from minshu.descriptors import NAME
from minshu.harvest.model import RemoteDataset

LONGEST: Final = 80
_DIGITS: Final = 8


def name_for(dataset: RemoteDataset, prefix: str, is_taken: Callable[[str], bool]) -> str:
    """The name of a dataset that is new here.

    That is the prefix and its own name. Where that is not all of a-z, digits, '.', '_' and '-', or is taken, eight
    digits of the SHA-256 of its id follow what is left of it.
    """
    plain = slug(dataset.key)[: LONGEST - len(prefix)].rstrip("-._")
    name = f"{prefix}{plain}"
    if plain and plain == dataset.key and NAME.fullmatch(name) and not is_taken(name):
        return name
    digest = sha256(dataset.id.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
    return f"{prefix}{plain}-{digest}" if plain else f"{prefix}{digest}"


def table_name(words: Collection[str], taken: Collection[str]) -> str:
    """A name for a table that no other of its package has: the first of some words that makes one."""
    plain = next((found for word in words if (found := slug(word)[:LONGEST])), "table")
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name
