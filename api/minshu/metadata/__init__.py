"""What is known of a dataset, and how each standard of catalogues says it."""

from minshu.metadata.model import (
    CatalogueMetadata,
    DatasetMetadata,
    FieldMetadata,
    FileMetadata,
    Licence,
    Party,
    Period,
    Reference,
    ReleaseMetadata,
    Source,
    TableMetadata,
)

__all__ = [
    "CatalogueMetadata",
    "DatasetMetadata",
    "FieldMetadata",
    "FileMetadata",
    "Licence",
    "Party",
    "Period",
    "Reference",
    "ReleaseMetadata",
    "Source",
    "TableMetadata",
]
