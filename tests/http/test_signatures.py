"""Signatures over HTTP: whoever has the key can prove what the service gives."""

from datetime import UTC, datetime
from typing import Any

import httpx

from minshu.settings import Settings
from minshu.signing import PublicKey, Trust, parse_signature


def test_a_signature_is_served_and_proves_the_manifest(
    client: httpx.Client, release: dict[str, Any], served: Settings
) -> None:
    manifest = client.get(release["links"]["manifest"]).content
    answer = client.get(release["signature"]["url"])
    assert answer.url.path.endswith("/versions/1.1.0/release.json.sig")
    signature = parse_signature(answer.content, "it")
    Trust.given([served.catalogue / "key.pem"]).check(manifest, signature, datetime.now(UTC), "it")


def test_a_release_tells_the_key_that_signed_it(release: dict[str, Any], served: Settings) -> None:
    assert release["signature"]["key"] == PublicKey.read(served.catalogue / "key.pem").fingerprint


def test_an_unsigned_release_has_no_signature(client: httpx.Client) -> None:
    assert "signature" not in client.get("/datasets/odd-data/versions/1.0.0").json()
    assert client.get("/datasets/odd-data/versions/1.0.0/release.json.sig").status_code == 404


def test_the_page_of_a_release_shows_the_fingerprint(client: httpx.Client, release: dict[str, Any]) -> None:
    page = client.get("/datasets/odd-data/versions/1.1.0", headers={"Accept": "text/html"}).text
    assert release["signature"]["key"] in page


def test_the_keys_of_the_store_are_listed_with_their_public_halves(
    client: httpx.Client, release: dict[str, Any], served: Settings
) -> None:
    (told,) = client.get("/keys").json()["keys"]
    assert (told["key"], told["state"]) == (release["signature"]["key"], "active")
    assert client.get(told["url"]).text == PublicKey.read(served.catalogue / "key.pem").pem
    assert "PRIVATE" not in client.get(told["url"]).text


def test_a_key_that_there_is_not_answers_404(client: httpx.Client) -> None:
    assert client.get(f"/keys/{'0' * 64}.pem").json()["code"] == "key-not-found"
