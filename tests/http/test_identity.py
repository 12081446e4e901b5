"""Who shows a token is told what it is for; who shows a wrong one is told so, and may not guess for long."""

import io
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from minshu.audit import Actor, AuditLog
from minshu.http.logs import JsonLines
from minshu.settings import Settings
from minshu.tokens import Tokens, parse_scopes

Serving = Callable[[Settings], AbstractContextManager[str]]
OPERATOR = Actor("operator")


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return Tokens(AuditLog(tmp_path_factory.mktemp("identity")))


@pytest.fixture(scope="module")
def address(tokens: Tokens, serving: Serving) -> Iterator[str]:
    root = tokens.log.folder.parent
    settings = Settings(store=root, catalogue=root, port=0, limit_seconds=4, limit_requests=100_000)
    with serving(settings) as address:
        yield address


def shown(address: str, authorization: str | None, client: str = "127.0.0.1") -> httpx.Response:
    """What is answered to who shows this; a client of its own by its address."""
    headers = {"Authorization": authorization} if authorization else {}
    with httpx.Client(transport=httpx.HTTPTransport(local_address=client), base_url=address, timeout=20) as asking:
        return asking.get("/token", headers=headers)


def made(tokens: Tokens, *scopes: str) -> str:
    return tokens.create(parse_scopes(scopes), datetime.now(UTC) + timedelta(days=1), OPERATOR)[1]


def test_a_token_that_was_made_while_the_service_runs_is_known_at_once(address: str, tokens: Tokens) -> None:
    answer = shown(address, f"Bearer {made(tokens, 'publish:demo', 'read:*')}")
    assert (answer.status_code, answer.json()["scopes"]) == (200, ["publish:demo", "read:*"])
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_scheme_is_told_by_its_name_in_any_case(address: str, tokens: Tokens) -> None:
    assert shown(address, f"bEARER {made(tokens, 'read:*')}").status_code == 200


def test_who_shows_nothing_is_told_to(address: str) -> None:
    answer = shown(address, None)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="minshu"'


@pytest.mark.parametrize("text", ["wrong", "minshu_", "minshu_abc", "Basic dXNlcjpwYXNz"])
def test_who_shows_what_is_no_token_is_told_so(address: str, text: str) -> None:
    answer = shown(address, text if " " in text else f"Bearer {text}", "127.0.2.1")
    assert answer.status_code == 401
    if " " not in text:
        assert answer.json()["code"] == "token-invalid"
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_revoked_token_is_refused_at_once(address: str, tokens: Tokens) -> None:
    text = made(tokens, "read:*")
    assert shown(address, f"Bearer {text}").status_code == 200
    tokens.revoke(text.split("_")[1], OPERATOR)
    answer = shown(address, f"Bearer {text}")
    assert (answer.status_code, answer.json()["reason"]) == (401, "It was revoked.")


def test_who_guesses_uses_up_his_own_budget_and_nobody_else_s(address: str, tokens: Tokens) -> None:
    text = made(tokens, "read:*")
    guesses = [shown(address, f"Bearer {text[:-3]}{number:03}", "127.0.2.2").status_code for number in range(8)]
    assert set(guesses[:4]) == {401}
    assert guesses[-1] == 429
    assert shown(address, f"Bearer {text}", "127.0.2.3").status_code == 200


def test_guesses_that_come_all_at_once_are_no_cheaper(
    address: str, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, tried = made(tokens, "read:*"), list[str]()

    def tries(_: str, secret: str) -> bool:
        tried.append(secret)
        time.sleep(0.2)  # Long enough that all of them wait.
        return False

    monkeypatch.setattr("minshu.tokens.is_hash_of", tries)
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(shown, address, f"Bearer {text[:-3]}{number:03}", "127.0.2.5") for number in range(12)]
        statuses = Counter(one.result().status_code for one in asked)
    assert len(tried) == statuses[401] <= 5
    assert statuses[429] == 12 - statuses[401]


def test_the_log_never_holds_a_token(address: str, tokens: Tokens) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    text = made(tokens, "read:*")
    logging.getLogger("minshu").addHandler(handler)
    try:
        shown(address, f"Bearer {text}")
        shown(address, f"Bearer {text[:-1]}-", "127.0.2.4")
    finally:
        logging.getLogger("minshu").removeHandler(handler)
    assert '"/token"' in lines.getvalue()
    assert text[-43:-1] not in lines.getvalue()
