"""The thirteen items of the core catalogue of government information resources, as a release tells them.

《政务信息资源目录编制指南（试行）》 (2017): the core metadata. docs/core-catalogue.md says what each is made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from minshu.deadlines import CHINA
from minshu.manifest import ReleasedTable
from minshu.metadata.items import Item, Part, Value
from minshu.opening import ATTRIBUTE, OPENING, Opening, Openings

CLAIM: Final = "minshu:coreCatalogue"
"""The property of a package that claims the profile, and holds what no other property says."""

# The types of information items that the guide names, with their letters. What it has no type for is told as text.
TYPES: Final[Mapping[str, str]] = {
    "string": "字符型C",
    "integer": "整型I",
    "year": "整型I",
    "number": "数值型N",
    "boolean": "逻辑型L",
    "date": "日期型D",
    "datetime": "日期时间型T",
    "time": "字符型C",
    "yearmonth": "字符型C",
    "duration": "字符型C",
}
OTHER: Final = "通用型G"


@dataclass(frozen=True)
class Described:
    """What is known of the release that describes a dataset."""

    descriptor: Mapping[str, Any]
    openings: Openings
    formats: Sequence[str]
    tables: Sequence[ReleasedTable]
    published: datetime

    @property
    def core(self) -> Mapping[str, Any]:
        """What the package says for the profile alone."""
        return mapping(self.descriptor.get(CLAIM))

    @property
    def stated(self) -> Mapping[str, Any]:
        """What it states of how open it is."""
        return mapping(self.descriptor.get(OPENING))

    @property
    def is_claimed(self) -> bool:
        """Whether the package claims the profile."""
        return CLAIM in self.descriptor


def provider(descriptor: Mapping[str, Any]) -> str | None:
    """Who provides the resource: who is named for the profile, else the first publisher among the contributors."""
    return said(mapping(descriptor.get(CLAIM)).get("provider")) or next(_publishers(descriptor), None)


def _publishers(descriptor: Mapping[str, Any]) -> Iterator[str]:
    contributors = descriptor.get("contributors")
    for one in contributors if isinstance(contributors, list) else ():
        roles = mapping(one).get("roles")
        if isinstance(roles, list) and "publisher" in roles and (title := said(one.get("title"))):
            yield title


def _fields(facts: Described) -> Value:
    return [
        {
            "table": table.name,
            "field": column.name,
            "name": column.title or column.name,
            "type": TYPES.get(column.field_type, OTHER),
        }
        for table in facts.tables
        for column in table.columns
    ]


def _sharing(facts: Described) -> Value:
    keys = {"type": "shareAttribute", "conditions": "shareConditions", "method": "shareMethod"}
    told = {key: said(facts.stated.get(name)) for key, name in keys.items()}
    return told if any(told.values()) else None


def _opening(facts: Described) -> Value:
    """To whom all of it is open. A package that says nothing is served as open, but has said nothing."""
    resources = facts.descriptor.get("resources")
    holders = (facts.descriptor, *(resources if isinstance(resources, list) else ()))
    if not any(ATTRIBUTE in mapping(mapping(holder).get(OPENING)) for holder in holders):
        return None
    whole: Opening = facts.openings.whole
    return {
        "open": whole.attribute != "closed",
        "attribute": whole.attribute.term,
        "conditions": whole.conditions or whole.legal_basis,
    }


ITEMS: Final[tuple[Item[Described], ...]] = (
    Item("classification", "信息资源分类", "Classification", lambda facts: texts(facts.core.get("classification"))),
    Item("title", "信息资源名称", "Name", lambda facts: said(facts.descriptor.get("title"))),
    Item("code", "信息资源代码", "Code", lambda facts: said(facts.core.get("code"))),
    Item("provider", "信息资源提供方", "Provider", lambda facts: provider(facts.descriptor)),
    Item("provider_code", "信息资源提供方代码", "Provider’s code", lambda facts: said(facts.core.get("providerCode"))),
    Item("abstract", "信息资源摘要", "Abstract", lambda facts: said(facts.descriptor.get("description"))),
    Item("formats", "信息资源格式", "Formats", lambda facts: list(facts.formats)),
    Item("fields", "信息项信息", "Information items", _fields),
    Item(
        "sharing",
        "共享属性",
        "Sharing among departments",
        _sharing,
        (
            Part("type", "共享类型", "Type"),
            Part("conditions", "共享条件", "Conditions"),
            Part("method", "共享方式", "Method"),
        ),
    ),
    Item(
        "opening",
        "开放属性",
        "Opening to society",
        _opening,
        (
            Part("open", "是否向社会开放", "Open to society"),
            Part("attribute", "开放类型", "Type"),
            Part("conditions", "开放条件", "Conditions"),
        ),
    ),
    Item("update_frequency", "更新周期", "Updates", lambda facts: said(facts.stated.get("updateFrequency"))),
    # The day on the clock of China, as whoever keeps the catalogue there writes it.
    Item("published", "发布日期", "Published", lambda facts: facts.published.astimezone(CHINA).date().isoformat()),
    Item("related", "关联资源代码", "Codes of the same resource", lambda facts: texts(facts.core.get("related"))),
)
TERMS: Final[Mapping[str, str]] = {item.key: item.term for item in ITEMS}
COLUMNS: Final = tuple(column for item in ITEMS for column in item.columns)


def cells(values: Mapping[str, Value]) -> tuple[str, ...]:
    """The items in the columns of a table."""
    return tuple(cell for item in ITEMS for cell in item.cells(values[item.key]))


def mapping(value: object) -> Mapping[str, Any]:
    """A value of a descriptor, where it is an object."""
    return value if isinstance(value, dict) else {}


def said(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value.strip() else None


def texts(value: object) -> list[str]:
    """The texts of a list."""
    return [item for item in value if said(item)] if isinstance(value, list) else []
