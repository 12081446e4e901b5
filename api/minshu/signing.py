"""Signatures: Ed25519 over the exact bytes of a release's manifest.

The manifest holds the digest of every other file, so whoever signs it signs the release. A key is told by its
fingerprint, the SHA-256 of its public half as DER (SubjectPublicKeyInfo), which `openssl` and `sha256sum` give as well.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from minshu.disk import sync_folder, write_durably
from minshu.errors import KeyUnusable, SignatureRefused

HOW = "`minshu key create PATH` makes one."

# 64 bytes.
_BASE64 = r"^[A-Za-z0-9+/]{86}==$"
_FINGERPRINT = "^[0-9a-f]{64}$"


class Signature(BaseModel):
    """A detached signature as it stands in its file: which key made it, and its bytes in Base64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    algorithm: Literal["Ed25519"] = "Ed25519"
    key: str = Field(pattern=_FINGERPRINT)
    signature: str = Field(pattern=_BASE64)

    def dumps(self) -> bytes:
        """The signature as the bytes of its file."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def parse_signature(data: bytes, where: str) -> Signature:
    """The signature in the bytes of its file; `where` names it in errors. Raises SignatureRefused."""
    try:
        return Signature.model_validate_json(data)
    except ValidationError as error:
        raise SignatureRefused(where, f"cannot be read: {error.errors()[0]['msg']}.") from error


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that everybody may have: it tells whether a signature is one of its other half."""

    fingerprint: str
    pem: str
    _key: Ed25519PublicKey = field(repr=False, compare=False)

    @classmethod
    def of(cls, key: Ed25519PublicKey) -> Self:
        """The key, told by its fingerprint."""
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(sha256(spki).hexdigest(), pem.decode("ascii"), key)

    @classmethod
    def parse(cls, pem: bytes, where: str) -> Self:
        """The key of a PEM, be that the public half or the private one; `where` names it. Raises KeyUnusable."""
        try:
            if b"PRIVATE KEY" in pem:
                return cls.of(_private(pem, where).public_key())
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(where, "is no key in PEM.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyUnusable(where, f"is a key of another kind than Ed25519. {HOW}")
        return cls.of(key)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key of a PEM file. Raises KeyUnusable."""
        return cls.parse(_bytes_of(path), str(path))

    def signed(self, data: bytes, signature: Signature) -> bool:
        """Whether the signature is this key's, over these very bytes."""
        try:
            self._key.verify(b64decode(signature.signature), data)
        except InvalidSignature:
            return False
        return signature.key == self.fingerprint


class SigningKey:
    """The half of a key that its operator keeps to himself."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key, self.public = key, PublicKey.of(key.public_key())

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new key in a new file that only its owner can read. Raises KeyUnusable where something is there already."""
        made = cls(Ed25519PrivateKey.generate())
        pem = made._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            write_durably(path, pem, 0o600)
            sync_folder(path.absolute().parent)
        except FileExistsError as error:
            raise KeyUnusable(str(path), "is there already. A key is never overwritten.") from error
        except OSError as error:
            raise KeyUnusable(str(path), f"cannot be written: {error.strerror}.") from error
        return made

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key of a PEM file. Raises KeyUnusable."""
        return cls(_private(_bytes_of(path), str(path)))

    def sign(self, data: bytes) -> Signature:
        """The signature over these bytes."""
        return Signature(key=self.public.fingerprint, signature=b64encode(self._key.sign(data)).decode("ascii"))


@dataclass(frozen=True)
class Trust:
    """Whose signatures are accepted: those of `keys`, by fingerprint; any, unproven, where there are none.

    None of what a key signed from the moment on that `revoked` has for it is accepted. Where a signature is `demanded`,
    nothing unsigned is accepted either: else whoever can change a manifest need only take its signature away.
    """

    keys: Mapping[str, PublicKey] = field(default_factory=dict)
    revoked: Mapping[str, datetime] = field(default_factory=dict)
    demanded: bool = False

    @classmethod
    def given(cls, paths: Iterable[Path]) -> Self:
        """Trust in the keys of these PEM files, and in nothing else where there are any. Raises KeyUnusable."""
        keys = [PublicKey.read(path) for path in paths]
        return cls({key.fingerprint: key for key in keys}, demanded=bool(keys))

    def check(self, data: bytes, signature: Signature | None, published: datetime, where: str) -> None:
        """Make sure that the manifest in `data` is signed as it must be; `where` names its signature in errors.

        Raises SignatureRefused.
        """
        if signature is None:
            if self.demanded:
                raise SignatureRefused(where, "is missing, and nothing unsigned is accepted where keys are given.")
        elif self.keys:
            self._check(data, signature, published, where)

    def _check(self, data: bytes, signature: Signature, published: datetime, where: str) -> None:
        key, end = self.keys.get(signature.key), self.revoked.get(signature.key)
        if key is None:
            raise SignatureRefused(where, f"is by {signature.key}, which is none of the keys that are trusted.")
        if not key.signed(data, signature):
            raise SignatureRefused(where, f"is not one by {signature.key} over this manifest.")
        if end is not None and published >= end:
            told = f"{published:%Y-%m-%d %H:%M}, when its key {signature.key} was in wrong hands"
            raise SignatureRefused(where, f"is of {told}: it is revoked from {end:%Y-%m-%d %H:%M} on.")


def _private(pem: bytes, where: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise KeyUnusable(where, "is encrypted, and Minshu asks for no password.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(where, f"is no private key in PEM. {HOW}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(where, f"is a key of another kind than Ed25519. {HOW}")
    return key


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(str(path), f"cannot be read: {error.strerror}.") from error
