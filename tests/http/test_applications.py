"""Applications over HTTP: from the form on a page to data that a grant opens, and to its end."""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import write_package

from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.download import download
from minshu.errors import DownloadError
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Scope, Tokens

STATED = {"conditions": "省内高校", "use": "只用于研究", "security": "不得外传"}
OPENINGS = {
    "asked": {"openAttribute": "依申请开放", **STATED},
    "shut": {"openAttribute": "不予开放", "legalBasis": "《保守国家秘密法》第十三条"},
    "free": {"openAttribute": "普遍开放"},
}
ROWS = "编号,名称,金额\n1,甲,1.10\n"
ASKED = {"purpose": "研究<b>公交</b>", "term": "30d", "contact": "李四 li@example.org"}
URL = "/datasets/asked/applications"
DATA = "/datasets/asked/versions/1.0.0/items/rows"
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class Office:
    """A service where applications are taken in, and the token of who decides."""

    client: httpx.Client
    decider: dict[str, str]
    settings: Settings


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[Office]:
    root = tmp_path_factory.mktemp("office")
    settings = Settings(
        store=root / "store", catalogue=root, port=0, log_level="error", limits=False, writing=True, decision_days=10
    )
    for name, opening in OPENINGS.items():
        path = write_package(root / name, {"data/items.csv": ROWS}, name=name, **{"minshu:opening": opening})
        with opened(path, settings) as package:
            publish(package, None, Store(settings.store), settings)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield Office(client, bearing(settings, "decide:asked"), settings)


def bearing(settings: Settings, *scopes: str) -> dict[str, str]:
    end = datetime.now(UTC) + timedelta(days=1)
    _, text = Tokens(AuditLog(settings.store)).create([Scope.parse(one) for one in scopes], end, Actor("operator"))
    return {"Authorization": f"Bearer {text}"}


def applied(office: Office, **changed: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What an application was answered, and the header that its applicant shows."""
    answer = office.client.post(URL, json={**ASKED, **changed})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return told, {"Authorization": f"Bearer {told['token']}"}


def decide(office: Office, told: dict[str, Any], **decision: str) -> httpx.Response:
    return office.client.post(f"{URL}/{told['id']}", json=decision, headers=office.decider)


def test_an_application_is_granted_and_opens_the_data_until_it_is_revoked(office: Office) -> None:
    told, shown = applied(office)
    assert office.client.get(DATA, headers=shown).status_code == 401
    assert office.client.get(told["url"], headers=shown).json()["state"] == "received"
    granted = decide(office, told, state="granted", reason="符合条件").json()
    assert (granted["state"], granted["holds"]) == ("granted", True)
    answer = office.client.get(DATA, headers=shown)
    assert answer.json()["rows"][0]["名称"] == "甲"
    assert answer.headers["cache-control"] == "private, no-store"
    assert office.client.get(DATA).status_code == 401
    own = office.client.get(told["url"], headers=shown).json()
    assert (own["reason"], own["purpose"]) == ("符合条件", ASKED["purpose"])
    assert decide(office, told, state="revoked", reason="转交").json()["holds"] is False
    assert office.client.get(DATA, headers=shown).status_code == 401
    assert office.client.get(told["url"], headers=shown).json()["reason"] == "转交"


def test_a_grant_fetches_the_release(office: Office, tmp_path: Path) -> None:
    told, _ = applied(office)
    target, address = Store(tmp_path), str(office.client.base_url)
    decide(office, told, state="granted", reason="可")
    with pytest.raises(DownloadError, match="open on conditions"):
        download("asked", "1.0.0", address, target)
    assert target.versions("asked") == []
    fetched = download("asked", "1.0.0", address, target, token=told["token"])
    assert fetched.manifest.opening == Store(office.settings.store).release("asked").manifest.opening


def test_a_grant_may_end_sooner_than_was_asked_for(office: Office) -> None:
    told, _ = applied(office)
    granted = decide(office, told, state="granted", reason="可", expires="7d").json()
    assert datetime.fromisoformat(granted["expires"]) < datetime.now(UTC) + timedelta(days=8)


def test_a_refusal_is_told_with_its_reason_and_is_final(office: Office) -> None:
    told, shown = applied(office)
    assert decide(office, told, state="refused", reason="用途不符").status_code == 200
    assert office.client.get(told["url"], headers=shown).json()["reason"] == "用途不符"
    again = decide(office, told, state="granted", reason="又可")
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (409, "already-decided", "refused")
    assert office.client.get(DATA, headers=shown).status_code == 401


def test_the_term_of_the_decision_is_told_in_working_days(office: Office) -> None:
    told, _ = applied(office)
    due = datetime.fromisoformat(told["due"]).date()
    assert 12 <= (due - datetime.now(UTC).date()).days <= 35  # Ten working days, and holidays among them.


@pytest.mark.parametrize("name", ["free", "shut"])
def test_there_is_nothing_to_apply_for_where_nothing_is_conditional(office: Office, name: str) -> None:
    answer = office.client.post(f"/datasets/{name}/applications", json=ASKED)
    assert (answer.status_code, answer.json()["code"]) == (400, "nothing-to-apply-for")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": " "}, "bad-parameter"),
        ({"contact": "x" * 501}, "bad-parameter"),
        ({"term": "for ever"}, "bad-term"),
        ({"more": "x"}, "bad-parameter"),
    ],
)
def test_an_application_that_cannot_be_read_is_not_taken_in(office: Office, changed: dict[str, str], code: str) -> None:
    answer = office.client.post(URL, json={**ASKED, **changed})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_who_decides_sees_all_applications_and_others_see_none(office: Office) -> None:
    told, shown = applied(office)
    listed = office.client.get(URL, headers=office.decider)
    assert told["id"] in [one["id"] for one in listed.json()["applications"]]
    assert listed.headers["cache-control"] == "private, no-store"
    other = bearing(office.settings, "read:asked", "publish:asked", "decide:other")
    for headers, status in (({}, 401), (shown, 401), (other, 403)):
        assert office.client.get(URL, headers=headers).status_code == status
        answer = office.client.post(f"{URL}/{told['id']}", json={"state": "granted", "reason": "x"}, headers=headers)
        assert answer.status_code == status


def test_an_application_is_seen_by_its_own_applicant_alone(office: Office) -> None:
    told, _ = applied(office)
    _, other = applied(office)
    nobody = {"Authorization": f"Bearer minshu_{told['id']}_{'a' * 43}"}
    for headers in ({}, other, nobody):
        answer = office.client.get(told["url"], headers=headers)
        assert answer.status_code == 401
        assert "公交" not in answer.text
    assert office.client.get(told["url"], headers=office.decider).status_code == 200


def test_secrets_of_applications_are_tried_one_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _, header = applied(office)
    now, most = 0, 0

    def tries(_: str, __: str) -> bool:
        nonlocal now, most
        now += 1
        most = max(most, now)
        time.sleep(0.1)
        now -= 1
        return False

    monkeypatch.setattr("minshu.applications.is_hash_of", tries)
    url = f"{URL}/{header['Authorization'].split('_')[1]}"
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(office.client.get, url, headers=header) for _ in range(6)]
        assert {one.result().status_code for one in asked} == {401}
    assert most == 1


def test_an_application_for_another_dataset_cannot_be_decided(office: Office) -> None:
    told, _ = applied(office)
    everything = bearing(office.settings, "decide:*")
    answer = office.client.post(
        f"/datasets/free/applications/{told['id']}", json={"state": "granted", "reason": "x"}, headers=everything
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "application-not-found")


def test_the_form_of_the_page_applies_without_a_script(office: Office) -> None:
    page = office.client.get("/datasets/asked", headers=PAGE).text
    for words in STATED.values():
        assert words in page
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    fields = re.findall(r'<(?:input|textarea) id="([a-z]+)" name="\1"', page)
    assert action
    assert set(fields) == set(ASKED)
    answer = office.client.post(action[1], data=ASKED, headers=PAGE)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "private, no-store")
    token = re.search(r"minshu_[a-z0-9]{12}_[\w-]{43}", answer.text)
    assert token
    found = office.client.get(answer.headers["location"], headers={"Authorization": f"Bearer {token[0]}"})
    assert found.json()["contact"] == ASKED["contact"]


def test_the_page_of_closed_data_tells_its_legal_basis_and_offers_none(office: Office) -> None:
    page = office.client.get("/datasets/shut", headers=PAGE).text
    assert OPENINGS["shut"]["legalBasis"] in page
    assert "不予开放" in page
    assert 'name="purpose"' not in page
    assert "items.csv" not in page.partition('id="files"')[0]


def test_the_page_of_open_data_speaks_of_no_conditions(office: Office) -> None:
    page = office.client.get("/datasets/free", headers=PAGE).text
    assert 'id="opening"' not in page
    assert "下载全部" in page


def test_the_catalogue_shows_what_is_not_open_to_all(office: Office) -> None:
    page = office.client.get("/datasets", headers=PAGE).text
    listed = page.partition('class="datasets"')[2].partition("</main>")[0].partition("<aside")[0]
    assert "有条件开放" in listed
    assert "不予开放" in listed
    assert "无条件开放" not in listed


def test_a_refusal_leads_to_the_conditions(office: Office) -> None:
    assert office.client.get(DATA).json()["apply"] == URL
    assert "/datasets/asked#opening" in office.client.get(DATA, headers=PAGE).text


def test_the_public_log_tells_nothing_of_who_applied(office: Office) -> None:
    told, _ = applied(office)
    decide(office, told, state="refused", reason="李四不符")
    entries = [entry.model_dump(mode="json") for entry in AuditLog(office.settings.store).entries()]
    public = json.dumps(entries, ensure_ascii=False)
    assert told["id"] in public
    assert "李四" not in public
    assert "公交" not in public


def test_where_nothing_may_be_written_nobody_applies(
    office: Office, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    settings = office.settings.model_copy(update={"writing": False})
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        answer = client.post(URL, json=ASKED)
        assert (answer.status_code, answer.json()["code"]) == (403, "writing-off")
        page = client.get("/datasets/asked", headers=PAGE).text
        assert 'name="purpose"' not in page
        assert "请联系提供方" in page


def test_one_client_may_not_apply_without_end(
    office: Office, serving: Callable[[Settings], AbstractContextManager[str]]
) -> None:
    settings = office.settings.model_copy(update={"limits": True})
    with serving(settings) as address, httpx.Client(base_url=address) as client:
        answers = [client.post(URL, json=ASKED).status_code for _ in range(8)]
    assert answers[0] == 201
    assert answers[-1] == 429
