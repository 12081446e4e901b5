"""The register of public information resources as assets: what a package says of itself as one.

The terms are those of the national rules of 2025 on registering public data resources and on authorised operation
(《公共数据资源登记管理暂行办法》, 《公共数据资源授权运营实施规范（试行）》), and of the guidance on valuing data
assets of 2023 (《数据资产评估指导意见》). docs/assets.md says what each item is made of.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from minshu.metadata.core_catalogue import mapping, said, texts
from minshu.metadata.items import Item, Part, Value, spoken, told, words
from minshu.reports import Language

ASSET: Final = "minshu:asset"
"""The property of a package that says all of it."""

CHARACTER: Final = "不属于开放数据"
"""What the records apart are not, told wherever they stand."""

Asset = Mapping[str, Any]
Line = dict[str, Value]


def asset_of(descriptor: Mapping[str, Any]) -> Asset:
    """What a package says of itself as an asset."""
    return mapping(descriptor.get(ASSET))


def property_of(key: str) -> str:
    """The name in a descriptor of what JSON answers call by this key: `useRights` of `use_rights`."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), key)


def _item(key: str, term: str, english: str) -> Item[Asset]:
    return Item(key, term, english, lambda asset: said(asset.get(property_of(key))))


ITEMS: Final[tuple[Item[Asset], ...]] = (
    _item("owner", "权属单位", "Owner"),
    _item("custodian", "管理单位", "Custodian"),
    _item("registration_number", "登记编号", "Registration number"),
    _item("registrar", "登记机构", "Registrar"),
    _item("registration_date", "登记日期", "Registered on"),
    _item("legal_basis", "法律依据", "Legal basis"),
    _item("use_rights", "使用权", "Use rights"),
)


@dataclass(frozen=True)
class Records:
    """A kind of records that stand apart from open data: their name in JSON, their terms, and what each consists of."""

    key: str
    term: str
    english: str
    parts: tuple[Part, ...]

    def told(self, asset: Asset, language: Language = Language.zh) -> list[Line]:
        """The records of a dataset, each with all its parts: what nobody said is None."""
        stated = asset.get(property_of(self.key))
        return [self._told(one, language) for one in stated if mapping(one)] if isinstance(stated, list) else []

    def rows(self, records: Iterable[Line]) -> Iterator[Sequence[str]]:
        """Records in the columns of a table."""
        yield from (tuple(words(record[part.key]) for part in self.parts) for record in records)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table of them."""
        return tuple(part.term for part in self.parts)

    @property
    def terms(self) -> Mapping[str, str]:
        """What each part is called."""
        return {part.key: part.term for part in self.parts}

    def _told(self, record: Mapping[str, Any], language: Language) -> Line:
        return {part.key: _part(record.get(property_of(part.key)), language) for part in self.parts}


def _part(value: object, language: Language) -> Value:
    """A part of a record. Names in a list are nobody's prose, and stay as they are."""
    return (texts(value) or None) if isinstance(value, list) else spoken(said(value), language)


OPERATIONS: Final = Records(
    "authorised_operations",
    "公共数据授权运营",
    "Authorised operation",
    (
        Part("grantor", "授权主体", "Grantor"),
        Part("operator", "运营机构", "Operator"),
        Part("operator_code", "运营机构统一社会信用代码", "Operator’s credit code"),
        Part("scope", "授权范围", "Scope"),
        Part("resources", "授权资源", "Resources"),
        Part("start", "起始日期", "First day"),
        Part("end", "截止日期", "Last day"),
        Part("ended", "终止日期", "Ended on"),
        Part("purpose", "用途", "Purpose"),
        Part("price_basis", "定价依据", "Basis of prices"),
    ),
)
VALUATIONS: Final = Records(
    "valuations",
    "估值",
    "Valuation",
    (
        Part("value", "金额", "Value"),
        Part("currency", "币种", "Currency"),
        Part("date", "评估基准日", "Valued as of"),
        Part("method", "评估方法", "Method"),
        Part("source", "来源", "Source"),
    ),
)
APART: Final = (OPERATIONS, VALUATIONS)
TERMS: Final[Mapping[str, str]] = {
    **{item.key: item.term for item in ITEMS},
    **{kind.key: kind.term for kind in APART},
    **{f"{kind.key}.{key}": term for kind in APART for key, term in kind.terms.items()},
}
COLUMNS: Final = (*(item.term for item in ITEMS), "许可", *(f"{kind.term}记录数（{CHARACTER}）" for kind in APART))


def cells(descriptor: Mapping[str, Any]) -> tuple[str, ...]:
    """What a package says of itself as an asset in the columns of a table, its records by their number."""
    asset = asset_of(descriptor)
    values = told(ITEMS, asset)
    said_of_it = (cell for item in ITEMS for cell in item.cells(values[item.key]))
    return (*said_of_it, words(_licences(descriptor)), *(str(len(kind.told(asset))) for kind in APART))


def _licences(descriptor: Mapping[str, Any]) -> Value:
    """What its licences are called, in Chinese."""
    stated = descriptor.get("licenses")
    each = (mapping(one) for one in stated) if isinstance(stated, list) else ()
    names = (said(one.get("title")) or said(one.get("name")) or said(one.get("path")) for one in each)
    return spoken([name for name in names if name], Language.zh)
