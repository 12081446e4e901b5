"""A CKAN becomes releases here, and a second harvest takes nothing that did not change."""

import io
import json
import re
import shutil
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.harvest.conftest import Portal, Take

from minshu import acts
from minshu.audit import Actor
from minshu.errors import CatalogueUnanswering
from minshu.harvest import Kind
from minshu.settings import Settings
from minshu.store import Store

ROWS = "code,name,amount\n001,甲,1.50\n002,乙,2\n"
MORE = f"{ROWS}003,丙,3\n"
Put = Callable[..., dict[str, Any]]


def descriptor(store: Store, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((store.release(name).folder / "package/datapackage.json").read_bytes())
    return told


def test_a_dataset_becomes_a_release_that_says_whence_it_is(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("budget-2026", {"items.csv": ROWS})
    found = take(portal.url, prefix="fuzhou-")["id-budget-2026"]
    assert (found.status, found.name, found.version, found.bad) == ("published", "fuzhou-budget-2026", "1.0.0", False)
    told = descriptor(store, "fuzhou-budget-2026")
    assert (told["title"], told["description"], told["keywords"]) == ("标题 budget-2026", "说明 / Notes", ["预算"])
    assert told["licenses"][0]["path"] == "http://www.opendefinition.org/licenses/cc-by"
    assert told["contributors"] == [{"title": "福州市统计局", "roles": ["publisher"]}]
    assert told["sources"] == [{"title": "标题 budget-2026", "path": f"{portal.url}/dataset/budget-2026"}]
    assert datetime.fromisoformat(told["minshu:harvest"].pop("harvested")).tzinfo
    assert told["minshu:harvest"] == {
        "kind": "ckan",
        "catalogue": portal.url,
        "id": "id-budget-2026",
        "modified": "2026-11-01T00:00:00.000000",
        "files": [
            {
                "path": "data/items.csv",
                "id": "r-budget-2026-items.csv",
                "url": f"{portal.url}/files/budget-2026/items.csv",
            }
        ],
    }
    assert "person@example.org" not in json.dumps(told)
    fields = {field["name"]: field["type"] for field in told["resources"][0]["schema"]["fields"]}
    assert fields == {"code": "string", "name": "string", "amount": "number"}


def test_who_harvested_is_in_the_log(portal: Portal, package: Put, take: Take, store: Store) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    acts_of = [(entry.act, entry.actor, entry.dataset, entry.version) for entry in store.log.entries()]
    assert acts_of == [("published", "harvester", "a", "1.0.0"), ("harvested", "harvester", "a", "1.0.0")]


def test_a_second_harvest_publishes_nothing_logs_nothing_and_fetches_no_data(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    for number in range(3):
        package(f"d{number}", {"items.csv": ROWS, "更多.csv": MORE})
    take(portal.url)
    head = store.log.head()
    portal.forget()
    again = take(portal.url)
    assert {outcome.status for outcome in again.values()} == {"unchanged"}
    assert portal.sent == []
    assert (store.log.head(), store.releases()) == (head, {f"d{number}": ["1.0.0"] for number in range(3)})


def test_a_file_that_changed_is_fetched_alone_and_gives_the_version_that_it_takes(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS, "other.csv": "x,y\n1,2\n3,4\n"})
    take(portal.url)
    portal.put("/files/a/items.csv", MORE)
    portal.forget()
    found = take(portal.url)["id-a"]
    assert (found.status, found.version) == ("published", "1.1.0")
    assert portal.sent == ["/files/a/items.csv"]
    assert {table.name: table.rows for table in store.release("a").manifest.tables} == {"items": 3, "other": 2}


def test_what_is_said_anew_of_the_same_data_is_a_patch(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    package("a", {"items.csv": ROWS}, notes="Other notes")
    portal.forget()
    assert take(portal.url)["id-a"].version == "1.0.1"
    assert portal.sent == []


def test_a_time_of_change_alone_changes_nothing(portal: Portal, package: Put, take: Take, store: Store) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    package("a", {"items.csv": ROWS}, metadata_modified="2026-11-30T00:00:00")
    assert take(portal.url)["id-a"].status == "unchanged"
    assert store.versions("a") == ["1.0.0"]


def test_a_server_without_validators_is_asked_again_and_the_same_content_publishes_nothing(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    url = portal.put("/x", ROWS, validators=False)
    package("a", {"items.csv": {"url": url, "format": "CSV"}})
    take(portal.url)
    assert take(portal.url)["id-a"].status == "unchanged"
    assert (portal.sent, store.versions("a")) == (["/x", "/x"], ["1.0.0"])


def test_a_digest_that_the_catalogue_tells_saves_the_question(portal: Portal, package: Put, take: Take) -> None:
    url = portal.put("/x.csv", ROWS, validators=False)
    package("a", {"items.csv": {"url": url, "hash": "abc"}})
    take(portal.url)
    portal.forget()
    take(portal.url)
    assert "/x.csv" not in portal.asked


def test_without_its_log_a_store_knows_by_its_releases_what_is_what(
    portal: Portal, package: Put, take: Take, store: Store, tmp_path: Any
) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url, prefix="x-")
    store.log.folder.rename(tmp_path / "gone")
    found = take(portal.url, prefix="other-")["id-a"]
    assert (found.status, found.name) == ("unchanged", "x-a")
    assert Store(store.root).releases() == {"x-a": ["1.0.0"]}


def test_every_format_that_is_read_becomes_tables(portal: Portal, package: Put, take: Take, store: Store) -> None:
    book, sheet = io.BytesIO(), openpyxl.Workbook()
    for row in (["a", "b"], [1, "x"], [2, "y"]):
        sheet.active.append(row)
    sheet.save(book)
    parquet = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), parquet)
    package(
        "many",
        {
            "one.xlsx": book.getvalue(),
            "two.parquet": parquet.getvalue(),
            "three.json": b'[{"a": 1, "b": "x"}, {"a": 2, "b": null}]',
            "four.ndjson": b'{"a": 1}\n{"a": 2}\n',
            "five.csv": "编号,名称\n1,甲\n2,乙\n".encode("gb18030"),
            "six.tsv": "a\tb\n1\t2\n3\t4\n",
        },
    )
    assert take(portal.url)["id-many"].status == "published"
    tables = {table.name: table.rows for table in store.release("many").manifest.tables}
    assert tables == dict.fromkeys(("one", "two", "three", "four", "five", "six"), 2)


def test_the_tables_in_a_zip_are_taken_and_keep_their_names(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    def zipped(rows: str) -> bytes:
        with ZipFile(data := io.BytesIO(), "w") as archive:
            archive.writestr("一月.csv", ROWS)
            archive.writestr("feb/feb.csv", rows)
            archive.writestr("read me.pdf", "%PDF")
        return data.getvalue()

    package("months", {"all.zip": zipped(ROWS)})
    assert take(portal.url)["id-months"].status == "published"
    names = {table.name for table in store.release("months").manifest.tables}
    assert len(names) == 2
    package("months", {"all.zip": zipped(MORE)})
    assert take(portal.url)["id-months"].version == "1.1.0"
    assert {table.name for table in store.release("months").manifest.tables} == names


def test_what_is_not_read_is_left_out_without_being_fetched(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"items.csv": ROWS, "report.pdf": b"%PDF-1.7", "map.geojson": "{}"})
    package("b", {"page.html": "<html>"})
    found = take(portal.url)
    assert (found["id-a"].status, found["id-a"].bad, len(found["id-a"].notes)) == ("published", False, 2)
    assert (found["id-b"].status, found["id-b"].bad) == ("left out", False)
    assert portal.sent == ["/files/a/items.csv"]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"body": "<!DOCTYPE html><html>Log in</html>", "media_type": "text/html"}, "is a web page"),
        ({"body": b"%PDF-1.7"}, "is a PDF"),
        ({"body": b"PK\x03\x04 and no zip"}, "is no zip that can be read"),
        ({"body": "", "status": 404}, "answered 404"),
        ({"body": "", "status": 403}, "answered 403"),
        ({"body": ROWS, "headers": {"Content-Length": str(1 << 50)}}, "are the most that are taken"),
        ({"body": "", "status": 302, "headers": {"Location": "file:///etc/passwd"}}, "does not answer|is not followed"),
        ({"body": "a,a\n1,2\n"}, "two columns are called"),
        ({"body": "a,b\n1\n"}, "has 1 cells"),
        ({"body": ""}, "is empty"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told_and_stops_nothing(
    resource: dict[str, Any], words: str, portal: Portal, package: Put, take: Take, store: Store
) -> None:
    body = resource.pop("body")
    bad = {"url": portal.put("/bad.csv", body, **resource)}
    package("alone", {"bad.csv": bad})
    package("good", {"items.csv": ROWS})
    package("mixed", {"items.csv": ROWS, "bad.csv": bad})
    found = take(portal.url)
    assert {key: (one.status, one.bad) for key, one in found.items()} == {
        "id-alone": ("refused", True),
        "id-good": ("published", False),
        "id-mixed": ("published", True),
    }
    for key in ("id-alone", "id-mixed"):
        assert any(re.search(words, note) for note in found[key].notes), found[key]
    assert [table.name for table in store.release("mixed").manifest.tables] == ["items"]


def test_a_redirect_or_a_resource_into_this_machine_is_not_followed(
    portal: Portal, start: Callable[[], Portal], package: Put, take: Take
) -> None:
    inner = start()
    secret = inner.put("/latest/meta-data.csv", ROWS)
    hop = portal.put("/hop.csv", "", status=302, headers={"Location": secret})
    package("a", {"direct.csv": {"url": secret}})
    package("b", {"hop.csv": {"url": hop}})
    package("c", {"file.csv": {"url": "file:///etc/passwd"}})
    package("d", {"meta.csv": {"url": "http://169.254.169.254/latest/meta-data.csv"}})
    found = take(portal.url)
    assert {one.status for one in found.values()} == {"refused"}
    assert inner.asked == []


def test_a_file_that_fails_for_now_never_takes_a_table_away(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS, "other.csv": ROWS})
    take(portal.url)
    portal.put("/files/a/items.csv", MORE)
    portal.put("/files/a/other.csv", "<html>Maintenance</html>", "text/html")
    found = take(portal.url)["id-a"]
    assert (found.status, found.version) == ("refused", "1.0.0")
    assert "The release that there is stays" in found.notes[0]
    assert store.versions("a") == ["1.0.0"]


def test_a_file_that_is_gone_for_good_is_gone_in_the_next_release(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS, "other.csv": ROWS})
    take(portal.url)
    del portal.pages["/files/a/other.csv"]
    found = take(portal.url)["id-a"]
    assert (found.status, found.version, found.bad) == ("published", "2.0.0", True)
    assert [table.name for table in store.release("a").manifest.tables] == ["items"]


def test_what_was_refused_is_not_fetched_again_until_it_changes(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.json": {"url": portal.put("/items.json", '{"not": "a table"}')}})
    assert take(portal.url)["id-a"].status == "refused"
    head = store.log.head()
    portal.forget()
    found = take(portal.url)["id-a"]
    assert (found.status, portal.sent, store.log.head()) == ("refused", [], head)
    assert "--again" in found.notes[0]
    portal.put("/items.json", '[{"a": 1}]')
    assert take(portal.url)["id-a"].status == "published"


def test_personal_data_is_refused_as_in_every_other_release(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"people.csv": "name,id_card\n甲,11010519491231002X\n乙,440524188001010014\n"})
    found = take(portal.url)["id-a"]
    assert (found.status, found.bad) == ("refused", True)


def test_the_rules_of_the_catalogue_judge_what_has_their_name(
    portal: Portal, package: Put, take: Take, settings: Settings
) -> None:
    folder = settings.catalogue / "validators"
    folder.mkdir()
    (folder / "fuzhou_a.py").write_text(
        "from minshu.checks import Rule\n\nRULES = (Rule(name='few', table='items', description='Few.',\n"
        "    sql='select _row, name from items where amount > 1.9'),)\n"
    )
    package("a", {"items.csv": ROWS})
    assert take(portal.url, prefix="fuzhou-")["id-a"].status == "refused"
    assert take(portal.url, prefix="xiamen-", again=True)["id-a"].name == "fuzhou-a"


def test_names_never_collide_and_stay_what_they_are(
    portal: Portal, package: Put, take: Take, store: Store, make_package: Any, released: Any
) -> None:
    released(make_package(name="demo"))
    package("demo", {"items.csv": ROWS})
    package("福州_公交", {"items.csv": ROWS})
    package("Upper Case", {"items.csv": ROWS})
    found = take(portal.url)
    names = {key: str(one.name) for key, one in found.items()}
    assert len({*names.values(), "demo"}) == 4
    assert names["id-demo"].startswith("demo-")
    assert names["id-Upper Case"].startswith("upper-case-")
    assert {key: one.name for key, one in take(portal.url, prefix="later-").items()} == names
    assert store.versions("demo") == ["1.0.0"]


def test_what_is_gone_there_is_told_and_stays_here(portal: Portal, package: Put, take: Take, store: Store) -> None:
    package("a", {"items.csv": ROWS})
    package("b", {"items.csv": ROWS})
    take(portal.url)
    portal.packages.pop()
    assert take(portal.url, limit=1).keys() == {"id-a"}
    found = take(portal.url)["id-b"]
    assert (found.status, found.name, found.bad) == ("removed", "b", False)
    assert store.versions("b") == ["1.0.0"]


def test_only_some_are_taken_and_a_name_that_there_is_not_is_told(portal: Portal, package: Put, take: Take) -> None:
    for name in ("a", "b", "c"):
        package(name, {"items.csv": ROWS})
    found = take(portal.url, only=("b", "nothing"))
    assert {key: one.status for key, one in found.items()} == {"id-b": "published", "nothing": "refused"}
    assert not any("package_search?rows=100" in path for path in portal.asked)


def test_a_catalogue_of_many_pages_is_taken_to_its_end(portal: Portal, package: Put, take: Take) -> None:
    for number in range(205):
        package(f"d{number:03}", {"page.html": {"url": "http://example.org/page.html"}})
    assert len(take(portal.url)) == 205


def test_what_is_private_is_left_where_it_is_and_told_if_it_is_open_here(
    portal: Portal, package: Put, take: Take
) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    package("a", {"items.csv": ROWS}, private=True)
    package("b", {"items.csv": ROWS}, private=True)
    found = take(portal.url)
    assert (found["id-a"].status, found["id-a"].bad) == ("left out", True)
    assert (found["id-b"].status, found["id-b"].bad) == ("left out", False)


def test_what_was_withdrawn_here_does_not_come_back_by_itself(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    acts.withdraw(store, "a", "1.0.0", "Personal data", Actor("operator"))
    portal.put("/files/a/items.csv", MORE)
    found = take(portal.url)["id-a"]
    assert (found.status, found.bad, store.versions("a")) == ("left out", False, ["1.0.0"])
    assert take(portal.url, again=True)["id-a"].version == "2.0.0"


def test_a_dry_run_writes_nothing_and_fetches_no_data(portal: Portal, package: Put, take: Take, store: Store) -> None:
    package("a", {"items.csv": ROWS})
    assert take(portal.url, dry=True)["id-a"].status == "new"
    assert (portal.sent, store.root.exists()) == ([], False)
    take(portal.url)
    head = store.log.head()
    portal.forget()
    assert take(portal.url, dry=True)["id-a"].status == "due"
    assert (portal.sent, store.log.head()) == ([], head)


def test_a_portal_that_is_too_busy_is_asked_again_and_knows_who_asks(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"items.csv": ROWS})
    portal.busy = {"/files/a/items.csv": 2, "/api/3/action/package_search": 1}
    assert take(portal.url)["id-a"].status == "published"
    assert all(agent and agent.startswith("minshu/") for agent in portal.agents)


@pytest.mark.parametrize("nonsense", [None, 5, "x", [], {"id": 3}, {"name": "n", "resources": "x"}, {"id": "i"}])
def test_nonsense_in_a_catalogue_keeps_nothing_from_being_taken(
    nonsense: Any, portal: Portal, package: Put, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("good", {"items.csv": ROWS})
    good = portal.packages[0]
    monkeypatch.setattr(
        portal, "answer", lambda *_: (200, {"success": True, "result": {"count": 2, "results": [nonsense, good]}})
    )
    assert take(portal.url, Kind.ckan)["id-good"].status == "published"


@pytest.mark.parametrize("answer", [b"", b"[", b'{"success": false}', b'{"success": true, "result": 3}', b"<html>"])
def test_what_is_no_ckan_is_told_so(answer: bytes, portal: Portal, take: Take) -> None:
    for query in ("rows=0", "rows=100&start=0&sort=name+asc"):
        portal.put(f"/api/3/action/package_search?{query}", answer, "application/json")
    with pytest.raises(CatalogueUnanswering):
        take(portal.url)


def test_a_dataset_that_moves_to_an_earlier_page_meanwhile_is_taken(
    portal: Portal, package: Put, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.harvest.ckan.PAGE", 2)
    for name in ("a", "b", "c", "d"):
        package(name, {"page.html": {"url": "http://example.org/page.html"}})
    answer = portal.answer

    def deleting(action: str, query: Any) -> tuple[int, Any]:
        told = answer(action, query)
        if query.get("rows") == ["2"]:  # The first is deleted once its page was seen.
            portal.packages = [one for one in portal.packages if one["name"] != "a"]
        return told

    monkeypatch.setattr(portal, "answer", deleting)
    assert take(portal.url).keys() == {"id-a", "id-b", "id-c", "id-d"}


def test_an_upload_whose_digest_was_not_counted_anew_is_fetched(portal: Portal, package: Put, take: Take) -> None:
    file = {"url": portal.put("/a.csv", ROWS), "hash": "abc", "url_type": "upload"}
    package("a", {"items.csv": {**file, "last_modified": "2026-11-01T00:00:00"}})
    take(portal.url)
    portal.put("/a.csv", MORE)
    package("a", {"items.csv": {**file, "last_modified": "2026-11-02T00:00:00"}})
    assert take(portal.url)["id-a"].version == "1.1.0"


def test_a_page_that_is_missing_is_no_end_of_the_catalogue(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    portal.packages = []
    with pytest.raises(CatalogueUnanswering, match="does not list"):
        take(portal.url, Kind.ckan)


def test_a_catalogue_that_gives_one_page_for_ever_is_given_up(
    portal: Portal, package: Put, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("a", {"items.csv": ROWS})
    answer = (200, {"success": True, "result": {"count": 10**9, "results": portal.packages}})
    monkeypatch.setattr(portal, "answer", lambda *_: answer)
    monkeypatch.setattr("minshu.harvest.ckan.PAGES", 3)
    with pytest.raises(CatalogueUnanswering, match="more than 3 pages"):
        take(portal.url, Kind.ckan)
    assert len([path for path in portal.asked if "package_search" in path]) == 3


def test_each_way_to_write_the_address_of_a_ckan_is_understood(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"items.csv": ROWS})
    for path in ("", "/", "/api/3", "/api/3/action/package_list"):
        assert take(f"{portal.url}{path}")["id-a"].name == "a"


def test_a_file_that_is_of_no_use_is_told_each_time_and_not_fetched_again(
    portal: Portal, package: Put, take: Take
) -> None:
    package("a", {"items.csv": ROWS, "bad.csv": "a,b\n1\n"})
    assert take(portal.url)["id-a"].status == "published"
    portal.forget()
    found = take(portal.url)["id-a"]
    assert (found.status, found.bad, portal.sent) == ("unchanged", True, [])
    assert "has 1 cells" in found.notes[0]
    portal.put("/files/a/items.csv", MORE)
    found = take(portal.url)["id-a"]
    assert (found.status, found.version, found.bad) == ("published", "1.1.0", True)
    portal.put("/files/a/bad.csv", "a,b\n1,2\n3,4\n")
    found = take(portal.url)["id-a"]
    assert (found.status, found.version, found.bad) == ("published", "1.2.0", False)


def test_a_table_of_more_columns_than_may_be_is_never_described(portal: Portal, package: Put, take: Take) -> None:
    package("a", {"wide.csv": ",".join(f"c{number}" for number in range(200_000)) + "\n"})
    assert "columns" in take(portal.url)["id-a"].notes[0]


def test_what_was_purged_here_does_not_come_back_by_itself(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    acts.purge(store, "a", "1.0.0", "Personal data", "PIPL 47", Actor("operator"))
    portal.put("/files/a/items.csv", MORE)
    found = take(portal.url)["id-a"]
    assert (found.status, store.versions("a")) == ("left out", ["1.0.0"])


def test_a_release_that_was_deleted_by_hand_is_taken_again(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS})
    take(portal.url)
    shutil.rmtree(store.root / "a")
    assert take(portal.url)["id-a"].status == "published"
    assert store.versions("a") == ["1.0.0"]


def test_nothing_that_somebody_published_under_its_name_is_followed(
    portal: Portal, package: Put, take: Take, make_package: Any, released: Any, store: Store
) -> None:
    package("demo", {"items.csv": ROWS})
    take(portal.url)
    released(make_package(name="demo", version="2.0.0"))
    found = take(portal.url)["id-demo"]
    assert (found.status, found.bad, store.versions("demo")) == ("refused", True, ["2.0.0", "1.0.0"])


def test_a_file_of_a_release_that_was_damaged_here_is_fetched_again(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS, "other.csv": ROWS})
    take(portal.url)
    damaged = store.release("a").folder / "package/data/items.csv"
    damaged.write_text("code,name,amount\n9,x,9\n")
    portal.put("/files/a/other.csv", MORE)
    assert take(portal.url)["id-a"].status == "published"
    assert (store.release("a").folder / "package/data/items.csv").read_text() == ROWS


def test_an_address_with_a_password_is_refused_and_not_repeated(portal: Portal, take: Take) -> None:
    with pytest.raises(CatalogueUnanswering) as failure:
        take(portal.url.replace("//", "//user:secret@"))
    assert "secret" not in str(failure.value)


def test_a_host_that_does_not_answer_is_not_asked_for_each_of_its_files(
    portal: Portal, package: Put, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host == "127.0.0.1":
            return [(0, 0, 0, "", (host, 0))]
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("minshu.outbound.getaddrinfo", resolve)
    for number in range(5):
        package(f"d{number}", {"items.csv": {"url": f"http://gone.example.org/{number}.csv"}})
    found = take(portal.url)
    assert {one.status for one in found.values()} == {"refused"}
    assert asked.count("gone.example.org") == 8
    assert "did not answer before" in found["id-d4"].notes[0]
