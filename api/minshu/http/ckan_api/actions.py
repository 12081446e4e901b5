"""The actions of CKAN's API that only read, as far as clients ask for them. What each says of itself is its help."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any, Final

from minshu.access import Reader
from minshu.browse import Release
from minshu.errors import ActionUnknown, PackageUnknown, ResourceNotFound
from minshu.http.ckan_api.arguments import Arguments
from minshu.http.ckan_api.catalogue import Known, Packages, as_organization
from minshu.http.ckan_api.rows import info, rows
from minshu.http.ckan_api.search import ROWS_MAX, search
from minshu.http.ckan_api.sql import search as search_sql
from minshu.http.ckan_api.sql import told
from minshu.http.dependencies import Services
from minshu.http.links import Links
from minshu.http.metadata import catalogue_metadata
from minshu.sql import Asker

CKAN_VERSION: Final = "2.11"
"""The version whose documentation these actions keep to."""


@dataclass(frozen=True)
class Call:
    """An action that is asked for: with what, by whom, and what it works with. `reads` are the releases it read."""

    arguments: Arguments
    services: Services
    links: Links
    reader: Reader
    asker: Asker
    reads: list[tuple[str, str]]

    @property
    def packages(self) -> Packages:
        """Every package as it is now."""
        return self.services.packages.packages(self.links)


Action = Callable[[Call], object]


def site_read(_: Call) -> bool:
    """Whether the site may be read: true."""
    return True


def status_show(call: Call) -> dict[str, Any]:
    """What this site is called, and as which version of CKAN its actions answer."""
    about = catalogue_metadata(call.links, call.services.settings)
    return {
        "ckan_version": CKAN_VERSION,
        "minshu_version": installed("minshu"),
        "site_title": about.title,
        "site_description": about.description,
        "site_url": call.links.base,
        "error_emails_to": None,
        "locale_default": "zh_Hans_CN",
        "extensions": ["datastore"],
    }


def help_show(call: Call) -> str:
    """What an action does and takes. `name`: the action's name."""
    name = call.arguments.required("name")
    if name not in ACTIONS:
        raise PackageUnknown("action", name)
    return " ".join((ACTIONS[name].__doc__ or "").split())


def package_list(call: Call) -> list[str]:
    """The names of all packages, sorted. `limit`, `offset`: a part of them."""
    return _part([known.name for known in call.packages.standing], call.arguments)


def current_package_list_with_resources(call: Call) -> list[dict[str, Any]]:
    """The packages themselves, that which changed last first. `limit` (1,000 at most), `offset` or `page`: a part."""
    newest = sorted(call.packages.standing, key=lambda known: known.release.modified, reverse=True)
    limit = min(call.arguments.number("limit", ROWS_MAX), ROWS_MAX)
    start = call.arguments.number("offset", (call.arguments.number("page", 1, 1) - 1) * limit)
    return [known.package() for known in newest[start : start + limit]]


def package_show(call: Call) -> dict[str, Any]:
    """A package with its resources. `id`: its id or name. One that is withdrawn has the state `deleted`."""
    return call.packages.find(call.arguments.required("id", "name_or_id")).package()


def package_search(call: Call) -> dict[str, Any]:
    """Packages, the best first.

    `q`, `fq`, `fq_list`: words and Solr's `field:value`, `"phrase"`, `[a TO b]`, AND, OR, NOT, brackets.
    `sort`: `name asc, metadata_modified desc`. `rows` (10, at most 1,000) from `start` on. `facet.field`: a list of
    fields whose values are counted; `facet.limit` (50), `facet.mincount` (1).
    """
    return search(call.packages.standing, call.arguments)


def resource_show(call: Call) -> dict[str, Any]:
    """A resource. `id`: its id."""
    return call.packages.resource(call.arguments.required("id"))[1]


def resource_view_list(call: Call) -> list[Any]:
    """The views of a resource, of which there are none. `id`: its id."""
    call.packages.resource(call.arguments.required("id"))
    return []


def organization_list(call: Call) -> list[Any]:
    """The names of those who publish packages. `all_fields`: true for more than names. `limit`, `offset`: a part."""
    owners = _owners(call.packages.standing)
    if call.arguments.flag("all_fields"):
        return _part([as_organization(owners[name]) for name in sorted(owners)], call.arguments)
    return _part(sorted(owners), call.arguments)


def organization_show(call: Call) -> dict[str, Any]:
    """Who publishes packages. `id`: its id or name. `include_datasets`: true for the packages as well."""
    id_ = call.arguments.required("id")
    for name, found in _owners(call.packages.standing).items():
        told = as_organization(found)
        if id_ in (name, told["id"]):
            shown = found[:ROWS_MAX] if call.arguments.flag("include_datasets") else []
            return {**told, "packages": [known.package() for known in shown], "extras": [], "users": [], "groups": []}
    raise PackageUnknown("organization", id_)


def group_list(_: Call) -> list[Any]:
    """The groups of packages, of which there are none: keywords are tags."""
    return []


def group_show(call: Call) -> dict[str, Any]:
    """A group. There is none."""
    raise PackageUnknown("group", call.arguments.required("id"))


def tag_list(call: Call) -> list[str]:
    """The tags of all packages, sorted. `query`: only those that hold this text."""
    query = call.arguments.text("query").lower()
    found = {tag for known in call.packages.standing for tag in known.summary.fields["tags"]}
    return sorted(tag for tag in found if query in tag.lower())


def license_list(call: Call) -> list[dict[str, Any]]:
    """The licences of all packages, each once."""
    found = {known.summary.licence[0]: known.summary.licence for known in call.packages.standing}
    return [
        {
            "id": id_,
            "title": title,
            "url": url,
            "status": "active",
            "is_generic": False,
            "od_conformance": _conformance(is_open=is_open),
        }
        for id_, title, url, is_open in (found[name] for name in sorted(found))
    ]


def datastore_search(call: Call) -> dict[str, Any]:
    """Rows of a table.

    `resource_id`: the id of the resource, or `package/table`; `version`: of an exact release.
    `filters`: an object of columns with a value or a list; `q`: words, or an object of words by column; `fields`: some
    of the columns; `sort`: `column desc, other`; `limit` (100), `offset`; `include_total`; `records_format`: `objects`,
    `lists`, `csv` or `tsv`. `_id` is the number of the row. `_links` are of the same release.
    """
    release, name = _table(call)
    table = release.table(name, call.reader)
    call.reads.append((release.name, release.version))
    found, count = rows(call.arguments, release, table, call.services.settings, call.links)
    call.asker.account.rows += count
    return found


def datastore_search_sql(call: Call) -> dict[str, Any]:
    """The rows of one SELECT in DuckDB's SQL, in which tables are named by the ids of their resources.

    `sql`: the statement; a table is `"id"`, or `"package/table"`, in double quotes. They have no column `_id`.
    """
    sql = call.arguments.required("sql")
    found, releases = search_sql(sql, call.packages, call.reader, call.services.sql, call.asker)
    call.reads.extend((release.name, release.version) for release in releases)
    return told(sql, found, releases, call.links)


def datastore_info(call: Call) -> dict[str, Any]:
    """The columns of a table, and how many rows there are. `id`: the id of the resource, or `package/table`."""
    release, name = _table(call)
    table = next((table for table in release.manifest.tables if table.name == name), None)
    if table is None:
        raise ResourceNotFound(name, (table.name for table in release.manifest.tables))
    return info(call.arguments.required("id", "resource_id"), release, table)


ACTIONS: Final[Mapping[str, Action]] = {
    action.__name__: action
    for action in (
        site_read,
        status_show,
        help_show,
        package_list,
        current_package_list_with_resources,
        package_show,
        package_search,
        resource_show,
        resource_view_list,
        organization_list,
        organization_show,
        group_list,
        group_show,
        tag_list,
        license_list,
        datastore_search,
        datastore_info,
        datastore_search_sql,
    )
}


def called(name: str, call: Call) -> object:
    """The answer of an action, charged to who asks. Raises ActionUnknown, and whatever the action does."""
    if name not in ACTIONS:
        raise ActionUnknown(name, ACTIONS)
    if name == datastore_search_sql.__name__:
        return ACTIONS[name](call)  # What runs statements charges for them itself.
    with call.asker.account.timed():
        return ACTIONS[name](call)


def _table(call: Call) -> tuple[Release, str]:
    """The release and the name of the table that is asked for."""
    known, name = call.packages.table(call.arguments.required("resource_id", "id"))
    version = call.arguments.text("version")
    return call.services.library.release(known.name, version) if version else known.release, name


def _owners(packages: Iterable[Known]) -> dict[str, list[Known]]:
    """The packages by the name of their organisation, of those that have one."""
    owners: dict[str, list[Known]] = {}
    for known in packages:
        if owner := known.summary.organization:
            owners.setdefault(owner["name"], []).append(known)
    return owners


def _conformance(*, is_open: bool) -> str:
    return "approved" if is_open else "not reviewed"


def _part(found: list[Any], arguments: Arguments) -> list[Any]:
    start, limit = arguments.number("offset", 0), arguments.number("limit", len(found))
    return found[start : start + limit]
