"""A release in Croissant 1.1, the format of MLCommons: files with their digests, and how records stand in them.

Only what everybody is given is a file here, for readers of Croissant bring no token; of tables that are not open to all
the columns are told (`variableMeasured`), and who may have them (`conditionsOfAccess`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from minshu.bilingual import TAGS, texts, written_in
from minshu.metadata.model import FieldMetadata, FileMetadata, ReleaseMetadata, TableMetadata
from minshu.metadata.schema_org import download, told_of, variables
from minshu.reports import Language

Node = dict[str, Any]

VERSION: Final = "http://mlcommons.org/croissant/1.1"
MEDIA_TYPE: Final = f'application/ld+json; profile="{VERSION}"'
PARQUET: Final = "application/vnd.apache.parquet"

# The context of the specification, appendix 1, as far as its terms may occur.
_CONTEXT: Final[Mapping[str, Any]] = {
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
# By the type of the column in DuckDB; all others are texts.
_STORED: Final = (
    (re.compile("BOOLEAN"), "sc:Boolean"),
    (re.compile("DATE"), "sc:Date"),
    (re.compile("TIMESTAMP.*"), "sc:DateTime"),
    (re.compile("TIME"), "sc:Time"),
    (re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER"), "sc:Integer"),
    (re.compile(r"DECIMAL\(\d+, ?0\)"), "sc:Integer"),
    (re.compile(r"DECIMAL.*|DOUBLE|FLOAT"), "sc:Float"),
)


def croissant(release: ReleaseMetadata, cite_as: str) -> Node:
    """The description of a release, by nothing but the release. `cite_as` is how it is cited, in BibTeX."""
    language = written_in(release.title.partition(" / ")[0])
    free = [file for file in release.files if file.is_free] if not release.is_gone else []
    stored = {file.table: file for file in free if file.table and file.derived and file.media_type == PARQUET}
    shut = [table for table in release.tables if table.name not in stored]
    whole = [file for file in free if file.path in (f"{release.name}.zip", "datapackage.json")]
    variables_of_shut = list(variables(shut, language))
    return {
        "@context": {"@language": TAGS[language], **_CONTEXT},
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": _text(release.title),
        "description": _text(release.description or release.title),
        "url": release.url,
        "identifier": release.url,
        "version": release.version,
        "citeAs": cite_as,
        **told_of(release, language),
        **({"variableMeasured": variables_of_shut} if variables_of_shut else {}),
        "distribution": [
            *(_file(file, file.path) for file in whole),
            *(_file(file, _parquet_id(name)) for name, file in stored.items()),
        ],
        "recordSet": [_record_set(table, release) for table in release.tables if table.name in stored],
    }


def _file(file: FileMetadata, identifier: str) -> Node:
    # Readers know Parquet by the name that it had before it was registered.
    types = ["application/x-parquet", PARQUET] if file.media_type == PARQUET else file.media_type
    return {**download(file), "@type": "cr:FileObject", "@id": identifier, "encodingFormat": types}


def _record_set(table: TableMetadata, release: ReleaseMetadata) -> Node:
    told = {"description": _text(about)} if (about := table.description or table.title) else {}
    key = [{"@id": _field_id(table.name, name)} for name in table.key]
    references = dict(_references(table, release))
    return {
        "@type": "cr:RecordSet",
        "@id": _id(table.name),
        "name": table.name,
        **told,
        **({"key": key} if key else {}),
        "field": [_field(table, field, references.get(field.name)) for field in table.fields],
    }


def _field(table: TableMetadata, field: FieldMetadata, reference: Node | None) -> Node:
    about = " / ".join(_joined(field))
    return {
        "@type": "cr:Field",
        "@id": _field_id(table.name, field.name),
        "name": field.name,
        **({"description": _text(about)} if about else {}),
        "dataType": _data_type(field),
        "source": _column(table.name, field.name),
        **({"references": reference} if reference else {}),
    }


def _joined(field: FieldMetadata) -> Iterator[str]:
    """The title and the description of a column, in each of the languages that they have, as one text."""
    told = [dict(texts(text)) for text in (field.title, field.description) if text]
    for language in (Language.zh, Language.en, None):
        parts = [part[language] for part in told if language in part]
        if parts:
            yield "：".join(parts) if language is Language.zh else ": ".join(parts)


def _data_type(field: FieldMetadata) -> str:
    if field.field_type == "number" and field.type.startswith("DECIMAL"):
        return "sc:Float"
    return next((name for stored, name in _STORED if stored.fullmatch(field.type)), "sc:Text")


def _references(table: TableMetadata, release: ReleaseMetadata) -> Iterator[tuple[str, Node]]:
    """What single columns refer to: the key of another table, of the same type.

    Readers join by these, which multiplies rows where what is referred to is not unique, and fails where types differ.
    mlcroissant (1.1) joins files, but no record sets: so it is the column of a file that is named, not the field.
    """
    stored = {file.table for file in release.distributions if file.derived and file.is_free}
    types = {other.name: {field.name: field.type for field in other.fields} for other in release.tables}
    keys = {other.name: other.key for other in release.tables}
    for reference in table.references:
        if len(reference.fields) != 1 or reference.table == table.name or keys.get(reference.table) != reference.names:
            continue
        (own,), (named,) = reference.fields, reference.names
        if reference.table in stored and types[table.name].get(own) == types[reference.table].get(named):
            yield own, _column(reference.table, named)


def _column(table: str, column: str) -> Node:
    return {"fileObject": {"@id": _parquet_id(table)}, "extract": {"column": column}}


def _id(name: str) -> str:
    """A name as an identifier: an IRI, relative to that of the description (Croissant, "ID and Reference Mechanism").

    Letters and digits of all scripts stand as they are. All else is told by its number, for neither blanks nor what
    has a meaning in an IRI may stand there, and readers do not let percent-encoding be.
    """
    return "".join(char if char.isalnum() or char in "_-" else f"~{ord(char):x}~" for char in name)


def _field_id(table: str, field: str) -> str:
    return f"{_id(table)}/{_id(field)}"


def _parquet_id(table: str) -> str:
    return f"{_id(table)}.parquet"


def _text(text: str) -> str | Node:
    """A text, or one in each of its languages."""
    found = texts(text)
    return {TAGS[language]: part for language, part in found if language} or text
