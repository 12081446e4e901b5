"""What kind of catalogue stands at an address, found by asking it."""

from contextlib import suppress
from enum import StrEnum

from minshu.errors import CatalogueUnanswering
from minshu.harvest.ckan import CkanCatalogue
from minshu.harvest.dcat import DcatCatalogue
from minshu.harvest.fetching import Fetcher
from minshu.harvest.minshu import MinshuCatalogue
from minshu.harvest.model import RemoteCatalogue
from minshu.harvest.rdf import ACCEPT, syntax_of


class Kind(StrEnum):
    """The kinds of catalogues that are harvested."""

    auto = "auto"
    minshu = "minshu"
    ckan = "ckan"
    dcat = "dcat"


def catalogue_at(address: str, kind: Kind, fetcher: Fetcher) -> RemoteCatalogue:
    """The catalogue at an address. Raises CatalogueUnanswering where it is of none of the kinds."""
    match kind:
        case Kind.minshu:
            return MinshuCatalogue(address, fetcher)
        case Kind.ckan:
            return CkanCatalogue(address, fetcher)
        case Kind.dcat:
            return DcatCatalogue(address, fetcher)
    return _found(address, fetcher)


def _found(address: str, fetcher: Fetcher) -> RemoteCatalogue:
    """The catalogue by what it answers."""
    failure = CatalogueUnanswering(
        f"{address} is neither a Minshu, nor a CKAN, nor a catalogue in RDF. Name its --kind."
    )
    try:
        document = fetcher.document(address, f"{ACCEPT}, application/json;q=0.5, */*;q=0.1")
    except CatalogueUnanswering as error:
        document, failure = None, error
    if document and document.media_type != "application/json" and syntax_of(document):
        return DcatCatalogue(address, fetcher)
    for known in (MinshuCatalogue(address, fetcher), CkanCatalogue(address, fetcher)):
        if known.answers():
            return known
    below = f"{address.rstrip('/')}/catalog.ttl"
    with suppress(CatalogueUnanswering):
        found = fetcher.document(below, ACCEPT)
        if found and found.media_type == "text/turtle":
            return DcatCatalogue(below, fetcher)
    raise failure
