"""Applications for conditional data, from their receipt to the end of what they open."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from minshu.applications import GRANTED, Application, Applications, State
from minshu.audit import Actor, AuditLog
from minshu.errors import (
    AlreadyDecided,
    ApplicationNotFound,
    ApplicationsOverloaded,
    BadTerm,
    TokenInvalid,
)
from minshu.tokens import Tokens, Verb

WHO = Actor("operator", "张三")


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path)


@pytest.fixture
def applications(log: AuditLog) -> Applications:
    return Applications(log)


def received(applications: Applications, term: str = "30d") -> tuple[Application, str]:
    return applications.receive("demo", "研究公共交通", term, "李四 li@example.org", 10)


def test_until_it_is_granted_an_application_opens_nothing(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    assert known.state is State.received
    assert applications.prove(text).id == known.id
    with pytest.raises(TokenInvalid):
        Tokens(log).prove(text)


def test_a_grant_makes_a_token_of_what_the_applicant_holds_for_the_term_that_he_asked_for(
    applications: Applications, log: AuditLog
) -> None:
    known, text = received(applications)
    granted = applications.grant(known.id, WHO, "符合条件")
    token = Tokens(log).prove(text)
    assert [scope for scope in (Verb.read, Verb.publish, Verb.decide) if token.may(scope, "demo")] == [Verb.read]
    assert not token.may(Verb.read, "other")
    assert token.expires == granted.expires
    assert timedelta(days=29) < token.expires - datetime.now(UTC) <= timedelta(days=30)
    assert (granted.state, granted.reason) == (State.granted, "符合条件")
    assert granted.holds(datetime.now(UTC))
    assert not granted.holds(datetime.now(UTC) + timedelta(days=31))


def test_a_shorter_term_may_be_granted(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    applications.grant(known.id, WHO, "可", "7d")
    assert Tokens(log).prove(text).expires < datetime.now(UTC) + timedelta(days=8)


def test_what_is_refused_opens_nothing_and_is_decided_for_good(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    assert applications.refuse(known.id, WHO, "用途不符").reason == "用途不符"
    with pytest.raises(TokenInvalid):
        Tokens(log).prove(text)
    for decide in (applications.grant, applications.refuse, applications.revoke):
        with pytest.raises(AlreadyDecided):
            decide(known.id, WHO, "")


def test_what_is_revoked_opens_nothing_any_more(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    applications.grant(known.id, WHO, "可")
    tokens = Tokens(log)
    tokens.prove(text)
    revoked = applications.revoke(known.id, WHO, "转交了第三方")
    assert (revoked.state, revoked.reason) == (State.revoked, "转交了第三方")
    with pytest.raises(TokenInvalid):
        tokens.prove(text)
    assert applications.prove(text).state is State.revoked
    with pytest.raises(AlreadyDecided):
        applications.grant(known.id, WHO, "又可")


def test_a_token_that_is_revoked_by_itself_ends_the_grant(applications: Applications, log: AuditLog) -> None:
    known, _ = received(applications)
    applications.grant(known.id, WHO, "可")
    Tokens(log).revoke(known.id, WHO)
    assert applications.application(known.id).state is State.revoked


def test_a_grant_whose_process_died_before_the_token_held_is_granted_again(
    applications: Applications, log: AuditLog
) -> None:
    known, text = received(applications)
    end = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    log.append(GRANTED, WHO, "demo", details={"id": known.id, "expires": end}, private={"reason": "可"})
    applications.grant(known.id, WHO, "可")
    assert Tokens(log).prove(text).expires.isoformat() == end
    with pytest.raises(AlreadyDecided):
        applications.grant(known.id, WHO, "可")


def test_of_two_decisions_that_cross_the_first_one_counts(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    end = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    applications.refuse(known.id, WHO, "否")
    log.append(GRANTED, WHO, "demo", details={"id": known.id, "expires": end})
    assert applications.application(known.id).state is State.refused
    with pytest.raises(TokenInvalid):
        Tokens(log).prove(text)


def test_who_applied_and_why_is_in_no_public_part(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    applications.grant(known.id, WHO, "李四可信")
    applications.revoke(known.id, WHO, "李四不可信")
    public = json.dumps([entry.model_dump(mode="json") for entry in log.entries()], ensure_ascii=False)
    for secret in ("李四", "example.org", "交通", text, text.rpartition("_")[2], "张三"):
        assert secret not in public
    assert known.id in public
    log.verify()


def test_what_was_erased_is_forgotten_and_the_rest_stands(applications: Applications, log: AuditLog) -> None:
    known, text = received(applications)
    applications.grant(known.id, WHO, "可")
    first = log.entry(1)
    assert first
    log.erase(first)
    found = Applications(log).application(known.id)
    assert (found.contact, found.purpose, found.state) == (None, None, State.granted)
    assert Tokens(log).prove(text)


def test_a_wrong_secret_proves_nothing(applications: Applications) -> None:
    known, text = received(applications)
    for wrong in ("", "x", text[:-1] + ("a" if text[-1] != "a" else "b"), text.replace(known.id, "a" * 12)):
        with pytest.raises(TokenInvalid):
            applications.prove(wrong)


@pytest.mark.parametrize("term", ["", "ever", "0d", "2020-01-01", "99999d"])
def test_a_term_that_is_none_is_not_taken_in(applications: Applications, term: str) -> None:
    with pytest.raises(BadTerm):
        received(applications, term)
    assert applications.all() == []


def test_only_so_many_wait_for_each_dataset(applications: Applications) -> None:
    first, _ = applications.receive("demo", "a", "1d", "b", 1)
    with pytest.raises(ApplicationsOverloaded):
        applications.receive("demo", "a", "1d", "b", 1)
    applications.receive("other", "a", "1d", "b", 1)
    applications.refuse(first.id, WHO, "否")
    applications.receive("demo", "a", "1d", "b", 1)


def test_an_unknown_application_is_not_found(applications: Applications) -> None:
    with pytest.raises(ApplicationNotFound):
        applications.application("nobody")
