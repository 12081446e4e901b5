"""Trusted publishing, with an issuer of real keys over real HTTP: an ID token is believed where all of it holds."""

import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode
from pydantic import ValidationError

from minshu import oidc
from minshu.audit import AuditLog
from minshu.push import exchanged
from minshu.settings import Settings, TrustedPublisher

Serving = Callable[[Settings], AbstractContextManager[str]]
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
SECRET = b"shared secret of more than 32 bytes"
AUDIENCE = "https://data.example.org"


class Issuer:
    """An issuer of OpenID Connect: it tells its keys, and signs what it is asked to."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.keys: list[dict[str, Any]] = [self.told(self.rsa, "one")]
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                configuration = {"issuer": outer.address, "jwks_uri": f"{outer.address}/keys"}
                outer.asked += self.path == "/keys"
                body = json.dumps({"keys": outer.keys} if self.path == "/keys" else configuration).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, key: Any, identifier: str) -> dict[str, Any]:
        """The public half of a key as a JSON Web Key."""
        algorithm, name = (RSAAlgorithm, "RS256") if isinstance(key, rsa.RSAPrivateKey) else (ECAlgorithm, "ES256")
        whole: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
        return {**whole, "kid": identifier, "alg": name, "use": "sig"}

    def token(self, key: Any = None, kid: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        """A token of a job of the trusted repository, unless claims say otherwise; None leaves one out."""
        now = int(time.time())
        whole = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "repo:office/data:ref:refs/heads/main",
            "iat": now,
            "exp": now + 300,
            "jti": str(time.perf_counter_ns()),
            "repository": "office/data",
            "ref": "refs/heads/main",
            **claims,
        }
        said = {name: value for name, value in whole.items() if value is not None}
        # By itself the library would refuse to sign some of what must be refused.
        return jwt.PyJWS().encode(json.dumps(said).encode(), self.rsa if key is None else key, algorithm, {"kid": kid})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def settings(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("exchange")
    claims = {"repository": "office/data", "ref": "refs/heads/main"}
    return Settings(
        store=root,
        catalogue=root,
        port=0,
        writing=True,
        limits=False,
        log_level="warning",
        base_url=AUDIENCE,
        trusted_publishers=(
            TrustedPublisher(issuer=issuer.address, claims=claims, datasets=("demo", "other")),
            TrustedPublisher(
                issuer=issuer.address, claims={"repository": "office/more"}, datasets=("more",), audience="x"
            ),
        ),
    )


@pytest.fixture(scope="module")
def address(settings: Settings, serving: Serving) -> Iterator[str]:
    with serving(settings) as address:
        yield address


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are looked up again at once where one is missing."""
    monkeypatch.setattr(oidc, "COOLDOWN", 0.0)


def shown(address: str, token: str, **form: str) -> httpx.Response:
    given = {"grant_type": GRANT, "subject_token_type": ID_TOKEN, "subject_token": token, **form}
    return httpx.post(f"{address}/token", data=given, timeout=20)


def test_a_job_of_a_trusted_repository_is_given_a_token_for_its_datasets(
    address: str, issuer: Issuer, settings: Settings
) -> None:
    answer = shown(address, issuer.token())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    given = answer.json()
    assert (given["token_type"], given["scope"]) == ("Bearer", "publish:demo publish:other")
    assert 3500 < given["expires_in"] <= 3600
    known = httpx.get(f"{address}/token", headers={"Authorization": f"Bearer {given['access_token']}"}).json()
    assert known["scopes"] == ["publish:demo", "publish:other"]
    *_, entry = AuditLog(settings.store).entries()
    assert (entry.act, entry.details["issuer"]) == ("token-created", issuer.address)
    assert "office" not in entry.data.decode()


def test_an_id_token_is_believed_once(address: str, issuer: Issuer) -> None:
    token = issuer.token()
    assert shown(address, token).status_code == 200
    again = shown(address, token)
    assert (again.status_code, again.json()["code"], again.json()["error"]) == (
        400,
        "exchange-refused",
        "invalid_grant",
    )


def test_push_exchanges_what_its_job_was_given(address: str, issuer: Issuer) -> None:
    assert exchanged(address, issuer.token()).startswith("minshu_")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "https://elsewhere.example.org"}, "Audience"),
        ({"aud": None}, "aud"),
        ({"aud": "x"}, "no trusted publisher"),
        ({"repository": "stranger/data"}, "no trusted publisher"),
        ({"repository": None}, "no trusted publisher"),
        ({"ref": "refs/heads/other"}, "no trusted publisher"),
        ({"repository": ["office/data"]}, "no trusted publisher"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, "not yet valid"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"iss": "https://elsewhere.example.org"}, "none that is trusted"),
        ({"iss": ["x"]}, "none that is trusted"),
    ],
)
def test_what_does_not_hold_in_all_is_not_believed(
    address: str, issuer: Issuer, claims: dict[str, Any], words: str
) -> None:
    answer = shown(address, issuer.token(**claims))
    assert (answer.status_code, answer.json()["code"]) == (400, "exchange-refused")
    assert words in answer.json()["detail"]


def test_a_token_of_another_key_is_not_believed_whatever_it_says_of_it(address: str, issuer: Issuer) -> None:
    other = rsa.generate_private_key(65537, 2048)
    for token in (
        issuer.token(key=other),
        issuer.token(key=other, kid="two"),
        issuer.token(key=issuer.ec, algorithm="ES256"),
    ):
        assert shown(address, token).json()["code"] == "exchange-refused"


def test_a_token_without_a_signature_or_with_a_shared_secret_is_not_believed(address: str, issuer: Issuer) -> None:
    head, claims, signature = issuer.token().split(".")
    none = base64url_encode(b'{"alg":"none","kid":"one"}').decode()
    # The well-known confusion: the public key, which everybody has, taken for a shared secret.
    shared = base64url_encode(b'{"alg":"HS256","kid":"one"}').decode() + "." + claims
    pem = issuer.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    confused = base64url_encode(hmac.digest(pem, shared.encode(), "sha256")).decode()
    for token in (
        f"{none}.{claims}.",
        f"{none}.{claims}.{signature}",
        f"{head}.{claims}.",
        f"{shared}.{confused}",
        "",
        "a.b.c",
        "x" * 20_000,
    ):
        answer = shown(address, token)
        assert (answer.status_code, answer.json()["code"]) == (400, "exchange-refused")


def test_keys_that_were_rotated_are_looked_up_and_those_that_are_gone_are_forgotten(
    address: str, issuer: Issuer
) -> None:
    before = list(issuer.keys)
    try:
        issuer.keys[:] = [
            {"kty": "oct", "k": base64url_encode(SECRET).decode(), "kid": "secret"},
            {"kty": "?"},
            issuer.told(issuer.ec, "two"),
        ]
        assert shown(address, issuer.token(key=issuer.ec, kid="two", algorithm="ES256")).status_code == 200
        assert shown(address, issuer.token()).json()["code"] == "exchange-refused"
        assert shown(address, issuer.token(key=SECRET, kid="secret", algorithm="HS256")).status_code == 400
    finally:
        issuer.keys[:] = before
    assert shown(address, issuer.token()).status_code == 200


def test_an_issuer_is_asked_for_its_keys_now_and_then_only(
    address: str, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(address, issuer.token())
    monkeypatch.setattr(oidc, "COOLDOWN", 60.0)
    before = issuer.asked
    for number in range(5):
        assert shown(address, issuer.token(kid=f"unknown-{number}")).status_code == 400
        assert shown(address, issuer.token()).status_code == 200
    assert issuer.asked == before


def test_a_request_of_another_kind_is_told_what_to_send(address: str, issuer: Issuer) -> None:
    answer = shown(address, issuer.token(), grant_type="password")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")


def test_an_issuer_that_does_not_answer_is_no_reason_to_believe(
    tmp_path: Path, serving: Serving, issuer: Issuer
) -> None:
    silent = TrustedPublisher(issuer="http://127.0.0.1:1", claims={"repository": "office/data"}, datasets=("*",))
    settings = Settings(
        store=tmp_path, catalogue=tmp_path, port=0, writing=True, base_url=AUDIENCE, trusted_publishers=(silent,)
    )
    with serving(settings) as address:
        answer = shown(address, issuer.token(iss=silent.issuer))
    assert "does not tell its keys" in answer.json()["detail"]


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "http://ci.example.org", "claims": {"a": "b"}, "datasets": ["demo"], "audience": "x"},
        {"issuer": "https://ci.example.org", "claims": {}, "datasets": ["demo"], "audience": "x"},
        {"issuer": "https://ci.example.org", "claims": {"a": "b"}, "datasets": [], "audience": "x"},
        {"issuer": "https://ci.example.org", "claims": {"a": "b"}, "datasets": ["demo"]},
    ],
)
def test_a_trusted_publisher_says_whom_it_trusts_for_what_and_over_what(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_publishers=(told,))
