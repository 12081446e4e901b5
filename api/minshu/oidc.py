"""Trusted publishing: a CI service's word on which repository a job runs for, in place of a secret.

What is shown is an ID token of OpenID Connect, signed by one of the operator's issuers. It is believed where its
signature, issuer, audience and times hold, and where it claims all that a trusted publisher must.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any, Final

import httpx
import jwt
import orjson

from minshu.errors import ExchangeRefused
from minshu.settings import Settings, TrustedPublisher
from minshu.tokens import Scope, Verb

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that the issuer alone has: neither `none`, nor a secret that is shared."""

LEEWAY: Final = 30
"""Seconds by which clocks may differ."""

KEPT: Final = 600.0
"""Seconds for which an issuer's keys are kept."""

COOLDOWN: Final = 30.0
"""Seconds between two looks for a key that is not among them, or at an issuer that did not answer."""

TIMEOUT: Final = httpx.Timeout(5.0)
LARGEST: Final = 1 << 20
LONGEST: Final = 1 << 14
KEYS: Final = 64
CONFIGURATION: Final = ".well-known/openid-configuration"


@dataclass(frozen=True)
class Identity:
    """Who somebody has proven to be, and what he may do by it. `assertion` tells his proof from every other."""

    issuer: str
    subject: str
    scopes: tuple[Scope, ...]
    assertion: str
    claims: Mapping[str, str]


class Issuers:
    """The issuers that the operator trusts, with their keys. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._publishers = settings.trusted_publishers
        self._audience = settings.base_url
        self._keys = {publisher.issuer: _Keys(publisher.issuer) for publisher in self._publishers}

    def identity(self, text: str) -> Identity:
        """Whose ID token this is. Raises ExchangeRefused."""
        try:
            claims = self._verified(text)
        except jwt.PyJWTError as error:
            raise ExchangeRefused(f"The ID token does not hold: {str(error).removesuffix('.')}.") from error
        trusted = [publisher for publisher in self._publishers if self._is_meant(publisher, claims)]
        if not trusted:
            raise ExchangeRefused("The ID token holds, but no trusted publisher claims what it does.")
        names = {name for publisher in trusted for name in publisher.datasets}
        told = {name: str(claims[name]) for publisher in trusted for name in publisher.claims}
        # What was signed, not how the signature is written: there may be several ways to write one.
        assertion = sha256(text.rpartition(".")[0].encode()).hexdigest()
        scopes = tuple(sorted(Scope(Verb.publish, name) for name in names))
        return Identity(claims["iss"], str(claims["sub"]), scopes, assertion, told)

    def _verified(self, text: str) -> dict[str, Any]:
        if len(text) > LONGEST:
            raise ExchangeRefused("The ID token is longer than one is.")
        header = jwt.get_unverified_header(text)
        # Only the names of what is to be verified are taken from what is not verified yet.
        issuer = jwt.decode(text, options={"verify_signature": False}).get("iss")
        if not isinstance(issuer, str) or issuer not in self._keys:
            raise ExchangeRefused("The issuer of the ID token is none that is trusted here.")
        key = self._keys[issuer].key(header.get("kid"))
        audiences = {self._audience_of(publisher) for publisher in self._publishers if publisher.issuer == issuer}
        return jwt.decode(
            text,
            key,
            algorithms=ALGORITHMS,
            audience=audiences,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )

    def _is_meant(self, publisher: TrustedPublisher, claims: Mapping[str, Any]) -> bool:
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return (
            publisher.issuer == claims["iss"]
            and self._audience_of(publisher) in audience
            and all(claims.get(name) == value for name, value in publisher.claims.items())
        )

    def _audience_of(self, publisher: TrustedPublisher) -> str:
        return publisher.audience or self._audience or ""


class _Keys:
    """The public keys of an issuer, as it tells them. Looked up again when they are old, or one is not among them."""

    def __init__(self, issuer: str) -> None:
        self._issuer, self._lock = issuer, Lock()
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried = self._fetched = float("-inf")

    def key(self, identifier: str | None) -> jwt.PyJWK:
        """The key of an id, bound to its algorithm. Raises ExchangeRefused."""
        with self._lock:
            now = time.monotonic()
            lacks = identifier not in self._keys or now - self._fetched > KEPT
            if lacks and now - self._tried > COOLDOWN:
                self._tried = now
                self._keys, self._fetched = _fetched_keys(self._issuer), now
            # Those of an issuer that has not answered for long are not used: it may have given them up.
            found = self._keys.get(identifier) if now - self._fetched <= KEPT else None
        if found is None:
            raise ExchangeRefused("The ID token is signed by a key that its issuer does not tell of.")
        return found


def _fetched_keys(issuer: str) -> dict[str | None, jwt.PyJWK]:
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            configuration = _object(client, f"{issuer.rstrip('/')}/{CONFIGURATION}")
            if configuration.get("issuer") != issuer:
                raise ExchangeRefused("The issuer of the ID token says that it is another.")
            told = _object(client, str(configuration.get("jwks_uri")))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ExchangeRefused("The issuer of the ID token does not tell its keys now. Try again later.") from error
    keys = told.get("keys")
    return dict(_usable(keys[:KEYS] if isinstance(keys, list) else []))


def _object(client: httpx.Client, address: str) -> dict[str, Any]:
    """The JSON object at an address, which is not long. Raises ValueError or httpx.HTTPError."""
    data = b""
    with client.stream("GET", address, headers={"Accept": "application/json"}) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > LARGEST:
                raise ValueError("It is longer than anything of this kind.")
    told = orjson.loads(data)
    if not isinstance(told, dict):
        raise ValueError("It is no object.")  # noqa: TRY004  # It is the value of a stranger's text.
    return told


def _usable(keys: Iterable[object]) -> Iterator[tuple[str | None, jwt.PyJWK]]:
    """The keys that signatures may be verified with, by their ids. Others may stand among them."""
    for told in keys:
        if isinstance(told, dict) and told.get("use", "sig") == "sig":
            with suppress(jwt.PyJWTError, TypeError, ValueError):
                key = jwt.PyJWK(told)
                if key.algorithm_name in ALGORITHMS:
                    yield told.get("kid"), key
