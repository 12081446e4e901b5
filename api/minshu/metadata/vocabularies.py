"""The terms of the EU's Publications Office that stand for ours, as the profile DCAT-AP asks for them."""

from collections.abc import Mapping
from typing import Final

from minshu.opening import Attribute
from minshu.reports import Language

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"

ACCESS_RIGHTS: Final[Mapping[Attribute, str]] = {
    Attribute.unconditional: f"{_AUTHORITY}/access-right/PUBLIC",
    Attribute.conditional: f"{_AUTHORITY}/access-right/RESTRICTED",
    Attribute.closed: f"{_AUTHORITY}/access-right/NON_PUBLIC",
}
LANGUAGES: Final[Mapping[Language, str]] = {
    Language.zh: f"{_AUTHORITY}/language/ZHO",
    Language.en: f"{_AUTHORITY}/language/ENG",
}
# By the terms that Chinese catalogues have for 更新周期.
FREQUENCIES: Final[Mapping[str, str]] = {
    term: f"{_AUTHORITY}/frequency/{name}"
    for term, name in {
        "实时": "CONT",
        "每日": "DAILY",
        "每周": "WEEKLY",
        "每月": "MONTHLY",
        "每季度": "QUARTERLY",
        "每半年": "ANNUAL_2",
        "每年": "ANNUAL",
        "不定期": "IRREG",
        "不更新": "NEVER",
    }.items()
}
FILE_TYPES: Final[Mapping[str, str]] = {
    media_type: f"{_AUTHORITY}/file-type/{name}"
    for media_type, name in {
        "application/json": "JSON",
        "application/vnd.apache.parquet": "PARQUET",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
        "application/x-ndjson": "JSON",
        "application/zip": "ZIP",
        "text/csv": "CSV",
        "text/plain": "TXT",
        "text/tab-separated-values": "TSV",
    }.items()
}
