"""The opening attribute: to whom a package, or one resource of it, is open, as its publisher declares it.

The law has three terms, portals have two of their own, and programs like English: all are read here, and nowhere else.
What is declared and cannot be read is closed, so that no slip of the pen opens what was meant to be shut.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from minshu.descriptors import resources_of
from minshu.profiles import Fault, near
from minshu.profiles.shapes import below

OPENING: Final = "minshu:opening"
ATTRIBUTE: Final = "openAttribute"
SAMPLE: Final = "sample"

_NAMESPACE: Final = "minshu:"


class Attribute(StrEnum):
    """Who may have the data; from open to shut."""

    unconditional = "unconditional"
    conditional = "conditional"
    closed = "closed"

    @property
    def term(self) -> str:
        """What the law calls it."""
        return next(term for term, attribute in TERMS.items() if attribute is self)


# The law's terms, those of the portals, and those of programs.
TERMS: Final[Mapping[str, Attribute]] = {
    "无条件开放": Attribute.unconditional,
    "有条件开放": Attribute.conditional,
    "不予开放": Attribute.closed,
    "普遍开放": Attribute.unconditional,
    "依申请开放": Attribute.conditional,
    **{attribute.value: attribute for attribute in Attribute},
}
# What has to be stated beside the attribute, and what it is for.
STATED: Final[Mapping[Attribute, Mapping[str, str]]] = {
    Attribute.unconditional: {},
    Attribute.conditional: {
        "conditions": "who may have the data, and on what terms",
        "use": "what it may be used for",
        "security": "how it must be kept safe",
    },
    Attribute.closed: {"legalBasis": "the law or rule by which it is not opened"},
}


class Opening(BaseModel):
    """An opening attribute with what its publisher states beside it.

    `sample` names the resource that all may have, where the others are conditional.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    attribute: Attribute = Attribute.unconditional
    conditions: str | None = None
    use: str | None = None
    security: str | None = None
    legal_basis: str | None = None
    sample: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody may have the data."""
        return self.attribute is Attribute.unconditional


class Openings(BaseModel):
    """The opening of a package, and those of the resources that have one of their own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    package: Opening = Opening()
    resources: Mapping[str, Opening] = {}

    def of(self, resource: str) -> Opening:
        """The opening of a resource: its own, else its package's."""
        return self.resources.get(resource, self.package)

    @property
    def whole(self) -> Opening:
        """The opening of what holds every resource, which is the strictest of them all."""
        return strictest((self.package, *self.resources.values()))

    @property
    def is_open(self) -> bool:
        """Whether everybody may have everything."""
        return self.whole.is_open


def strictest(openings: Iterable[Opening]) -> Opening:
    """The first of those that are the most shut."""
    return max(openings, key=_strictness)


def least_strict(openings: Iterable[Opening]) -> Opening:
    """The first of those that are the most open."""
    return min(openings, key=_strictness)


def _strictness(opening: Opening) -> int:
    return list(Attribute).index(opening.attribute)


def openings(descriptor: Mapping[str, Any]) -> Openings:
    """The openings that a package's descriptor declares. One that declares none is open to all."""
    package = _read(descriptor[OPENING]) if OPENING in descriptor else Opening()
    own = {
        str(resource.get("name")): _read(resource[OPENING])
        for resource in resources_of(descriptor)
        if OPENING in resource
    }
    shown = {package.sample: Opening()} if package.sample and package.attribute is Attribute.conditional else {}
    return Openings(package=package, resources={**shown, **own})


def opening_faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the openings of a package: each is an error, for what it means must not be guessed."""
    yield from _holder_faults(descriptor, "", [str(one.get("name")) for one in resources_of(descriptor)])
    for position, resource in enumerate(resources_of(descriptor)):
        yield from _holder_faults(resource, f"/resources/{position}", None)
    yield from _contradictions(descriptor)


def _read(declared: object) -> Opening:
    stated = declared if isinstance(declared, dict) else {}
    attribute = TERMS.get(stated[ATTRIBUTE]) if isinstance(stated.get(ATTRIBUTE), str) else None
    texts = {key: value for key, value in stated.items() if isinstance(value, str) and value.strip()}
    return Opening(
        attribute=attribute or Attribute.closed,
        conditions=texts.get("conditions"),
        use=texts.get("use"),
        security=texts.get("security"),
        legal_basis=texts.get("legalBasis"),
        sample=texts.get(SAMPLE),
    )


def _holder_faults(holder: Mapping[str, Any], pointer: str, names: list[str] | None) -> Iterator[Fault]:
    """The faults of the opening of a package, whose resources' `names` are given, or of a resource."""
    for key in holder:
        own = key.casefold().startswith(_NAMESPACE) and key != OPENING and near(key, (OPENING,))
        if own or key == ATTRIBUTE:
            hint = f"Did you mean `{OPENING}`?" if own else f"It belongs into `{OPENING}`."
            yield Fault(below(pointer, key), "is read by nobody, and would leave the data open", hint)
    if OPENING in holder:
        yield from _faults(holder[OPENING], f"{pointer}/{OPENING}", names)


def _faults(declared: object, pointer: str, names: list[str] | None) -> Iterator[Fault]:
    if not isinstance(declared, dict):
        yield Fault(pointer, f"must be an object with `{ATTRIBUTE}`")
        return
    if ATTRIBUTE not in declared:
        yield Fault(pointer, f"`{ATTRIBUTE}` is missing", f"It is one of {', '.join(TERMS)}.")
        return
    stated = declared[ATTRIBUTE]
    attribute = TERMS.get(stated) if isinstance(stated, str) else None
    if attribute is None:
        meant = near(stated, TERMS) if isinstance(stated, str) else None
        hint = f"Did you mean `{meant}`?" if meant else ""
        yield Fault(f"{pointer}/{ATTRIBUTE}", f"must be one of {', '.join(TERMS)}, not {_shown(stated)}", hint)
        return
    for key, what in STATED[attribute].items():
        text = declared.get(key)
        if not isinstance(text, str) or not text.strip():
            yield Fault(pointer, f"`{key}` is missing: {attribute.term} ({attribute}) must state {what}")
    if SAMPLE in declared and (names is None or attribute is not Attribute.conditional):
        yield Fault(f"{pointer}/{SAMPLE}", "is of use only where a whole package is conditional")
    elif SAMPLE in declared and declared[SAMPLE] not in (names or ()):
        yield Fault(f"{pointer}/{SAMPLE}", f"must name a resource of the package, not {_shown(declared[SAMPLE])}")


def _contradictions(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """What cannot be kept: a sample that is shut, and shut data in a descriptor, which everybody may read."""
    declared = openings(descriptor)
    sample = declared.package.sample
    if sample and sample in declared.resources and not declared.of(sample).is_open:
        yield Fault(f"/{OPENING}/{SAMPLE}", f"names {_shown(sample)}, which declares itself that it is not open to all")
    for position, resource in enumerate(resources_of(descriptor)):
        if "data" in resource and not declared.of(str(resource.get("name"))).is_open:
            note = "holds data that is not open to all, in a descriptor that is"
            yield Fault(f"/resources/{position}/data", note, "Put it into a file, and name that as `path`.")


def _shown(value: object) -> str:
    """What stands where something else should, as far as it is worth showing."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:99]}…"
