"""Tokens: what they are for, how long they hold, and that nothing kept tells a secret."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu import tokens as module
from minshu.audit import Actor, AuditLog
from minshu.errors import BadScope, BadTerm, TokenInvalid, TokenNotFound
from minshu.tokens import Scope, Tokens, Verb, hashed, is_hash_of, parse_scopes, parse_term

OPERATOR = Actor("operator", "somebody")
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)

Make = Callable[..., tuple[module.Token, str]]


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path)


@pytest.fixture
def known(log: AuditLog) -> Tokens:
    return Tokens(log)


@pytest.fixture
def make(known: Tokens) -> Make:
    def run(*scopes: str, expires: datetime = LATER, label: str | None = None) -> tuple[module.Token, str]:
        return known.create(parse_scopes(scopes or ["publish:demo"]), expires, OPERATOR, label)

    return run


def test_a_token_is_proven_by_its_text_and_by_another_process_too(make: Make, log: AuditLog) -> None:
    token, text = make("publish:demo", "read:*")
    assert text.startswith(f"minshu_{token.id}_")
    other = Tokens(log)
    assert other.known(text) is None
    assert other.prove(text) == token
    assert other.known(text) == token


def test_neither_the_log_nor_memory_holds_a_secret(make: Make, known: Tokens, log: AuditLog) -> None:
    token, text = make(label="张三")
    known.prove(text)
    secret = text.rpartition(f"{token.id}_")[2]
    kept = b"".join(path.read_bytes() for path in log.folder.rglob("*.json"))
    assert token.id.encode() in kept
    assert secret.encode() not in kept
    assert secret not in repr(vars(known))
    assert "张三".encode() not in log.path(1).read_bytes()
    assert b"scrypt" not in log.path(1).read_bytes()


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), str.upper, lambda _: ""]
)
def test_a_changed_text_proves_nothing(make: Make, known: Tokens, change: Callable[[str], str]) -> None:
    _, text = make()
    with pytest.raises(TokenInvalid, match="none that was given out"):
        known.prove(change(text))


def test_the_secret_of_one_token_is_not_that_of_another(make: Make, known: Tokens) -> None:
    (one, _), (_, other) = make(), make()
    with pytest.raises(TokenInvalid):
        known.prove(f"minshu_{one.id}_{other[-43:]}")


def test_a_revoked_token_holds_no_longer_though_it_was_proven(make: Make, known: Tokens, log: AuditLog) -> None:
    token, text = make()
    known.prove(text)
    Tokens(log).revoke(token.id, OPERATOR)
    with pytest.raises(TokenInvalid, match="revoked"):
        known.known(text)
    assert known.token(token.id).revoked


def test_to_revoke_twice_is_one_act(make: Make, known: Tokens, log: AuditLog) -> None:
    token, _ = make()
    first = known.revoke(token.id, OPERATOR)
    assert known.revoke(token.id, OPERATOR) == first
    assert [entry.act for entry in log.entries()] == ["token-created", "token-revoked"]


def test_a_token_holds_until_it_expires(make: Make, known: Tokens) -> None:
    token, text = make()
    known.prove(text)
    assert known.known(text, token.expires - timedelta(seconds=1))
    with pytest.raises(TokenInvalid, match="expired"):
        known.known(text, token.expires)


def test_a_token_whose_hash_was_erased_proves_nothing(make: Make, log: AuditLog) -> None:
    _, text = make()
    log.erase(next(iter(log.entries())))
    with pytest.raises(TokenInvalid):
        Tokens(log).prove(text)


def test_an_unknown_id_cannot_be_revoked(known: Tokens) -> None:
    with pytest.raises(TokenNotFound, match="abc"):
        known.revoke("abc", OPERATOR)


def test_what_a_newer_minshu_lets_a_token_do_is_nothing_here(log: AuditLog) -> None:
    details = {"id": "a" * 12, "scopes": ["mend:demo", "read:demo"], "expires": LATER.isoformat()}
    log.append("token-created", OPERATOR, details=details, private={"hash": hashed("x")})
    assert Tokens(log).token("a" * 12).scopes == (Scope(Verb.read, "demo"),)


def test_only_so_many_proven_tokens_are_remembered(make: Make, known: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 1)
    (_, first), (_, second) = make(), make()
    known.prove(first)
    known.prove(second)
    assert (known.known(first), known.known(second) is None) == (None, False)


@given(verb=st.sampled_from(list(Verb)), other=st.sampled_from(list(Verb)), name=st.sampled_from(["a", "b", "*"]))
def test_a_scope_covers_its_own_verb_and_name_and_nothing_else(verb: Verb, other: Verb, name: str) -> None:
    scope = Scope.parse(f"{verb}:{name}")
    assert str(scope) == f"{verb}:{name}"
    assert scope.covers(other, "a") is (verb == other and name in ("a", "*"))


@pytest.mark.parametrize("text", ["", "publish", "publish:", "push:demo", "publish:Demo", "publish:a b", "publish:**"])
def test_what_is_no_scope_is_refused_with_the_verbs_there_are(text: str) -> None:
    with pytest.raises(BadScope, match="publish, withdraw, read, decide"):
        parse_scopes(["read:demo", text])


def test_a_token_is_for_something() -> None:
    with pytest.raises(BadScope):
        parse_scopes([])


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("1d", NOW + timedelta(days=1)),
        ("2026-11-25", datetime(2026, 11, 26, tzinfo=UTC)),
    ],
)
def test_a_term_is_days_or_the_end_of_a_day(text: str, end: datetime) -> None:
    assert parse_term(text, NOW) == end


@pytest.mark.parametrize("text", ["", "0d", "90", "2026-11-24", "9999d", "9999-12-31", "2026-02-30", "tomorrow", "-1d"])
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(BadTerm):
        parse_term(text, NOW)


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_damaged_hash_is_the_hash_of_nothing(kept: str) -> None:
    assert not is_hash_of(kept, "secret")


def test_two_hashes_of_one_secret_differ_and_both_prove_it() -> None:
    one, other = hashed("secret"), hashed("secret")
    assert one != other
    assert is_hash_of(one, "secret")
    assert is_hash_of(other, "secret")
    assert not is_hash_of(one, "Secret")
