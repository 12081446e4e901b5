"""What is known of a dataset, and how each standard of catalogues says it."""

from minshu.metadata.model import (
    CatalogueMetadata,
    DatasetMetadata,
    FileMetadata,
    Licence,
    Party,
    Period,
    ReleaseMetadata,
    Source,
    TableMetadata,
)

__all__ = [
    "CatalogueMetadata",
    "DatasetMetadata",
    "FileMetadata",
    "Licence",
    "Party",
    "Period",
    "ReleaseMetadata",
    "Source",
    "TableMetadata",
]
