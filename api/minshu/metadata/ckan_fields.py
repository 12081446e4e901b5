"""The fields by which CKAN searches packages and counts them: those of its index that are known here."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from minshu.metadata.solr import TEXTS, TIMES

FIELDS: Final = frozenset(
    {
        *("id", "name", "title", "title_string", "notes", "text", "version", "url", "author", "maintainer"),
        *("tags", "groups", "organization", "owner_org", "license_id", "isopen"),
        *("res_name", "res_description", "res_format", "res_url"),
        *("metadata_created", "metadata_modified", "type", "dataset_type", "entity_type", "state", "capacity"),
    }
)
"""What is looked at in a package."""

COUNTED: Final = FIELDS - TEXTS - TIMES
"""The fields whose values can be counted."""


def fields(package: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values of each field of a package."""
    told: dict[str, tuple[str, ...]] = {
        name: (str(package[name]),)
        for name in ("id", "name", "title", "notes", "version", "url", "author", "maintainer", "license_id", "state")
        if package[name]
    }
    times = {name: (str(package[name]),) for name in TIMES}
    owner = package["organization"]
    owned = {"organization": (owner["name"],), "owner_org": (owner["id"],)} if owner else {}
    return {
        **told,
        **times,
        **owned,
        **dict(_of_resources(package["resources"])),
        "title_string": (package["title"],),
        "text": tuple(text for name in ("name", "title", "notes") for text in told.get(name, ())),
        "tags": tuple(tag["name"] for tag in package["tags"]),
        "isopen": (str(package["isopen"]).lower(),),
        "type": ("dataset",),
        "dataset_type": ("dataset",),
        "entity_type": ("package",),
        "capacity": ("public",),
        **{f"extras_{extra['key']}": (str(extra["value"]),) for extra in package["extras"]},
    }


def _of_resources(resources: list[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for field, member in (("name", "name"), ("description", "description"), ("format", "format"), ("url", "url")):
        values = dict.fromkeys(str(resource[member]) for resource in resources if resource[member])
        yield f"res_{field}", tuple(values)
