"""Holds the RDF of a store's catalogue against SHACL shapes: python check_dcat.py STORE SHAPES-FOLDER."""

import sys
from pathlib import Path

from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import SH

from minshu.browse import Library
from minshu.http.directory import newest
from minshu.http.links import Links
from minshu.http.metadata import catalogue_metadata, dataset_metadata, release_metadata
from minshu.metadata.dcat import catalogue_graph, release_graph
from minshu.settings import Settings
from minshu.store import Store

LINKS = Links("https://data.example")


def catalogue(library: Library, settings: Settings) -> Graph:
    """The whole catalogue with every version."""
    datasets = library.datasets()
    about = catalogue_metadata(LINKS, settings)
    graph = catalogue_graph(about, [dataset_metadata(library, item, newest(library, item), LINKS) for item in datasets])
    for dataset in datasets:
        for version in dataset.versions:
            told = release_graph(about, release_metadata(library.release(dataset.name, version), LINKS))
            # Nodes without a name are called the same in every graph: read anew, they are none of another's.
            graph.parse(data=told.serialize(format="nt"), format="nt")
    return graph


def _shapes(file: Path) -> Graph:
    """The shapes of a file, without what it names and leaves to another: the official files do."""
    shapes = Graph().parse(file)
    for subject, relation, named in list(shapes.triples((None, SH.property, None))):
        if (named, SH.path, None) not in shapes:
            shapes.remove((subject, relation, named))
    return shapes


def main(store: str, shapes: str) -> int:
    """Print what the shapes complain of. Gives the exit code."""
    settings = Settings(store=Path(store))
    library = Library(Store(settings.store), settings)
    found = catalogue(library, settings)
    library.close()
    conforming = True
    for file in sorted(Path(shapes).glob("*.ttl")):
        conforms, _, text = validate(found, shacl_graph=_shapes(file))
        print(f"{file.name}, {len(found)} statements: {'conforms' if conforms else text}")
        conforming = conforming and conforms
    return 0 if conforming else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
