"""The profile of the core catalogue: what a package that claims it must say, and what may not stand side by side.

《政务信息资源目录编制指南（试行）》, 2017: its core metadata, and the codes of resources. The same in JSON Schema, for
other tools, leaves out what that cannot say: check characters and contradictions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from minshu.checks.codes import USCC_SHAPE
from minshu.descriptors import fields_of, resources_of
from minshu.metadata.core_catalogue import CLAIM, mapping, provider, said
from minshu.metadata.shapes import FILLED, credit_code, misnamed
from minshu.metadata.vocabularies import FREQUENCIES
from minshu.opening import ATTRIBUTE, OPENING, Attribute, Opening, least_strict, openings
from minshu.profiles import Fault
from minshu.profiles.shapes import Record, Severity, Shape, anything, choice, items, text

SHARING: Final[Mapping[str, Attribute]] = {
    "无条件共享": Attribute.unconditional,
    "有条件共享": Attribute.conditional,
    "不予共享": Attribute.closed,
}
"""To how many departments data is given, and to how many people at most it can then be open."""

DISCLOSURE: Final = ("主动公开", "依申请公开", "不予公开")
CLASSES: Final[Mapping[str, str]] = {"1": "基础信息资源", "2": "主题信息资源", "3": "部门信息资源"}
"""The first level of the classification, 类, by the figure that codes begin with."""

# 类: one figure, 项: two, 目: three, 细目: any number; behind the slash 顺序码, of any length.
CODE: Final = "[123][0-9]{5,}/[0-9]+"
LEVELS: Final = 3
"""类, 项 and 目, which every classification has; 细目 is as deep as its catalogue."""

_CODE: Final = text(
    "a code such as 307001000012/000001",
    rf"\A{CODE}\Z",
    "It is 类 (1, 2 or 3), 项 (2 figures), 目 (3 figures) and 细目, then `/` and 顺序码.",
)
# What says each item that is asked for, and what the item is called.
_ASKED: Final[Mapping[str, str]] = {
    "title": "信息资源名称",
    "description": "信息资源摘要",
    "classification": "信息资源分类",
    "code": "信息资源代码",
    "provider": "信息资源提供方",
    "providerCode": "信息资源提供方代码",
    "schema": "信息项信息",
    OPENING: "共享属性、开放属性、更新周期",
    ATTRIBUTE: "开放属性",
    "shareAttribute": "共享属性",
    "shareConditions": "共享条件",
    "shareMethod": "共享方式",
    "updateFrequency": "更新周期",
}


def core_faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a package that claims the profile; nothing with any other.

    Its schemas by reference must have been put in.
    """
    if CLAIM not in descriptor:
        yield from misnamed(descriptor, CLAIM)
        return
    for fault in _faults(descriptor):
        term = _ASKED.get(fault.note.removesuffix(" is missing").strip("`"))
        yield (
            replace(fault, hint=f"It says {term}, which the core catalogue asks for.")
            if term and not fault.hint
            else fault
        )


_CORE: Final[Shape] = Record(
    {
        "classification": items(FILLED, LEVELS),
        "code": _CODE,
        "provider": FILLED,
        "providerCode": credit_code,
        "related": items(_CODE, distinct=True),
    },
    required=("classification", "code", "providerCode"),
)
_STATED: Final[Shape] = Record(
    {
        "shareAttribute": choice(*SHARING),
        "shareConditions": FILLED,
        "shareMethod": FILLED,
        "updateFrequency": choice(*FREQUENCIES),
        "disclosure": choice(*DISCLOSURE),
        # `minshu.opening` has judged these.
        **dict.fromkeys((ATTRIBUTE, "conditions", "use", "security", "legalBasis", "sample"), anything),
        **dict.fromkeys(("dataPeriod", "responsibleParty"), anything),
    },
    required=("shareAttribute", "updateFrequency"),
)


def _faults(descriptor: Mapping[str, Any]) -> Iterator[Fault]:
    core, stated = descriptor[CLAIM], descriptor.get(OPENING)
    yield from (
        Fault("", f"`{name}` is missing") for name in ("title", "description") if not said(descriptor.get(name))
    )
    yield from _CORE(core, f"/{CLAIM}")
    if provider(descriptor) is None and "provider" not in mapping(core):
        yield Fault(f"/{CLAIM}", "`provider` is missing")
    yield from _code_contradictions(mapping(core))
    if isinstance(stated, dict):
        yield from _STATED(stated, f"/{OPENING}")
        yield from _sharing_faults(descriptor, stated)
    elif stated is None:
        yield Fault("", f"`{OPENING}` is missing")
    for position, resource in enumerate(resources_of(descriptor)):
        if resource.get("type") == "table" and not fields_of(resource):
            yield Fault(f"/resources/{position}", "`schema` is missing")


def _code_contradictions(core: Mapping[str, Any]) -> Iterator[Fault]:
    """A code of another class than the classification, and a resource that is related to itself."""
    code, levels, related = said(core.get("code")), core.get("classification"), core.get("related")
    first = levels[0] if isinstance(levels, list) and levels else None
    if isinstance(first, str):
        yield from choice(*CLASSES.values())(first, f"/{CLAIM}/classification/0")
        if code and re.fullmatch(CODE, code) and first in CLASSES.values() and CLASSES[code[0]] != first:
            yield Fault(f"/{CLAIM}/code", f"is that of {CLASSES[code[0]]}, but the classification is {first}")
    for position, one in enumerate(related if isinstance(related, list) else ()):
        if code and one == code:
            yield Fault(f"/{CLAIM}/related/{position}", "is the code of the resource itself")


def _sharing_faults(descriptor: Mapping[str, Any], stated: Mapping[str, Any]) -> Iterator[Fault]:
    """What has to be stated beside how data is shared, and opening that goes beyond it."""
    share, pointer = stated.get("shareAttribute"), f"/{OPENING}"
    shared = SHARING.get(share) if isinstance(share, str) else None
    if shared is not None:
        if "shareConditions" not in stated:
            severity: Severity = "warning" if shared is Attribute.unconditional else "error"
            yield Fault(pointer, "`shareConditions` is missing", severity=severity)
        if shared is not Attribute.closed and "shareMethod" not in stated:
            yield Fault(pointer, "`shareMethod` is missing")
    declared = openings(descriptor)
    own = (opening for name, opening in declared.resources.items() if name != declared.package.sample)
    opened = least_strict((declared.package, *own)).attribute
    if shared and least_strict((Opening(attribute=shared), Opening(attribute=opened))).attribute is not shared:
        yield Fault(f"{pointer}/shareAttribute", f"is {share}, but the data is {opened.term}")
    if stated.get("disclosure") == "不予公开" and opened is not Attribute.closed:
        yield Fault(f"{pointer}/disclosure", f"is 不予公开, but the data is {opened.term}")


def json_schema(url: str) -> dict[str, Any]:
    """The profile as a JSON Schema for descriptors, named by its address: what can be said in one."""
    filled, code = {"type": "string", "pattern": r"\S"}, {"type": "string", "pattern": f"^{CODE}$"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": url,
        "title": "政务信息资源目录核心元数据 / Core catalogue of government information resources",
        "description": "A Data Package that has the 13 items of 《政务信息资源目录编制指南（试行）》, 2017.",
        "type": "object",
        "required": ["title", "description", OPENING, CLAIM],
        "properties": {
            "title": filled,
            "description": filled,
            CLAIM: {
                "type": "object",
                "required": ["classification", "code", "providerCode"],
                "properties": {
                    "classification": {
                        "type": "array",
                        "minItems": LEVELS,
                        "items": [{"enum": list(CLASSES.values())}],
                        "additionalItems": filled,
                    },
                    "code": code,
                    "provider": filled,
                    "providerCode": {"type": "string", "pattern": f"^{USCC_SHAPE}$"},
                    "related": {"type": "array", "items": code, "uniqueItems": True},
                },
            },
            OPENING: {
                "type": "object",
                "required": [ATTRIBUTE, "shareAttribute", "updateFrequency"],
                "properties": {
                    "shareAttribute": {"enum": list(SHARING)},
                    "shareConditions": filled,
                    "shareMethod": filled,
                    "updateFrequency": {"enum": list(FREQUENCIES)},
                    "disclosure": {"enum": list(DISCLOSURE)},
                },
            },
        },
    }
