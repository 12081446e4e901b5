"""The keys of a store: rotation is told, never silent, and a stolen key is believed no more."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from minshu.acts import recover
from minshu.audit import Actor, AuditLog
from minshu.descriptors import opened
from minshu.errors import KeyNotFound, KeyUnusable, SignatureRefused
from minshu.keyring import Keyring
from minshu.publish import Published, publish
from minshu.settings import Settings
from minshu.signing import PublicKey, SigningKey, Trust
from minshu.standing import PUBLISHED
from minshu.store import Store
from minshu.verify import Signers, verify_store

ACTOR = Actor("operator")
Sign = Callable[[str, str], Published]


@pytest.fixture
def keyring(store: Store) -> Keyring:
    return Keyring(AuditLog(store.root))


@pytest.fixture
def old(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "old.pem")


@pytest.fixture
def new(tmp_path: Path) -> SigningKey:
    return SigningKey.create(tmp_path / "new.pem")


@pytest.fixture
def sign(settings: Settings, store: Store, make_package: Any, tmp_path: Path) -> Sign:
    """Publish a version, signed with a key."""

    def run(version: str, name: str) -> Published:
        own = settings.model_copy(update={"signing_key": tmp_path / name})
        with opened(make_package(version=version), settings) as package:
            return publish(package, None, store, own)

    return run


def words(store: Store, given: Trust | None = None) -> str:
    signers = Signers(given or Trust(), Keyring(AuditLog(store.root)))
    for release in verify_store(store):
        signers.check(release)
    return signers.words()


def states(keyring: Keyring) -> list[tuple[str, str]]:
    return [(known.key.fingerprint, known.state) for known in keyring.all()]


def test_the_first_key_that_signs_is_the_store_s_own(sign: Sign, keyring: Keyring, old: SigningKey) -> None:
    sign("1.0.0", "old.pem")
    assert states(keyring) == [(old.public.fingerprint, "active")]


def test_a_key_that_was_not_added_publishes_nothing(
    sign: Sign, keyring: Keyring, store: Store, old: SigningKey, new: SigningKey
) -> None:
    sign("1.0.0", "old.pem")
    with pytest.raises(KeyUnusable, match="none of this store's keys"):
        sign("1.1.0", "new.pem")
    assert (store.versions("demo"), len(keyring.all())) == (["1.0.0"], 1)


def test_an_invalid_package_adds_no_key(sign: Sign, keyring: Keyring, old: SigningKey, make_package: Any) -> None:
    with pytest.raises(Exception, match="version"):
        sign("one", "old.pem")
    assert keyring.all() == []


def test_releases_of_a_retired_key_stay_good_and_it_signs_nothing_new(
    sign: Sign, keyring: Keyring, store: Store, old: SigningKey, new: SigningKey
) -> None:
    sign("1.0.0", "old.pem")
    keyring.add(new.public, ACTOR)
    keyring.retire(old.public.fingerprint, "rotated", ACTOR)
    with pytest.raises(KeyUnusable, match="is retired"):
        sign("1.1.0", "old.pem")
    sign("1.1.0", "new.pem")
    assert words(store) == f"1 signed by {new.public.fingerprint}, 1 signed by {old.public.fingerprint}"
    assert states(keyring) == [(old.public.fingerprint, "retired"), (new.public.fingerprint, "active")]


def test_what_a_revoked_key_signed_before_stays_good_and_what_it_signed_since_is_refused(
    sign: Sign, keyring: Keyring, store: Store, old: SigningKey
) -> None:
    sign("1.0.0", "old.pem")
    now = datetime.now(UTC)
    keyring.revoke(old.public.fingerprint, now + timedelta(hours=1), "stolen", ACTOR)
    assert words(store) == f"1 signed by {old.public.fingerprint}"
    keyring.revoke(old.public.fingerprint, now - timedelta(hours=1), "stolen earlier", ACTOR)
    with pytest.raises(SignatureRefused, match="wrong hands"):
        words(store)
    with pytest.raises(SignatureRefused, match="wrong hands"):
        words(store, Trust({old.public.fingerprint: old.public}, demanded=True))


def test_a_revocation_is_never_taken_back(keyring: Keyring, old: SigningKey) -> None:
    keyring.add(old.public, ACTOR)
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    keyring.revoke(old.public.fingerprint, early, "stolen", ACTOR)
    assert keyring.revoke(old.public.fingerprint, late, "later, perhaps", ACTOR).revoked == early
    with pytest.raises(KeyUnusable, match="for good"):
        keyring.add(old.public, ACTOR)


def forge_the_year(folder: Path, key: SigningKey) -> None:
    """Let a release be of 2001, as who has its key can."""
    manifest = folder / "release.json"
    year = datetime.now(UTC).year
    forged = manifest.read_text("utf-8").replace(f'"published": "{year}', '"published": "2001')
    assert '"published": "2001' in forged
    manifest.write_text(forged, "utf-8")
    (folder / "release.json.sig").write_bytes(key.sign(manifest.read_bytes()).dumps())


def test_a_thief_cannot_date_a_release_back_past_the_log(
    sign: Sign, keyring: Keyring, store: Store, old: SigningKey
) -> None:
    forge_the_year(sign("1.0.0", "old.pem").release.folder, old)
    keyring.log.append(PUBLISHED, ACTOR, "demo", "1.0.0", {"sha256": store.digest("demo", "1.0.0")})
    keyring.revoke(old.public.fingerprint, datetime.now(UTC) - timedelta(hours=1), "stolen", ACTOR)
    with pytest.raises(SignatureRefused, match="wrong hands"):
        words(store)


def test_a_release_from_before_there_was_a_log_is_of_the_day_that_its_manifest_tells(
    sign: Sign, keyring: Keyring, store: Store, old: SigningKey
) -> None:
    forge_the_year(sign("1.0.0", "old.pem").release.folder, old)
    shutil.rmtree(store.root / ".audit")
    ring = Keyring(AuditLog(store.root))
    ring.add(old.public, ACTOR)
    recover(store)
    ring.revoke(old.public.fingerprint, datetime.now(UTC) - timedelta(hours=1), "stolen", ACTOR)
    assert words(store) == f"1 signed by {old.public.fingerprint}"


def test_a_key_that_the_store_does_not_have_cannot_be_retired_or_revoked(keyring: Keyring, old: SigningKey) -> None:
    with pytest.raises(KeyNotFound):
        keyring.retire(old.public.fingerprint, "", ACTOR)
    with pytest.raises(KeyNotFound):
        keyring.revoke(old.public.fingerprint, datetime.now(UTC), "", ACTOR)


def test_an_unsigned_release_beside_signed_ones_is_told(
    sign: Sign, store: Store, released: Any, make_package: Any, old: SigningKey
) -> None:
    released(make_package(version="0.9.0"))
    sign("1.0.0", "old.pem")
    assert words(store) == f"1 signed by {old.public.fingerprint}, 1 unsigned"


def test_the_commands_rotate_a_key(minshu: Any, tmp_path: Path, store: Store, old: SigningKey) -> None:
    store.root.mkdir()
    (tmp_path / "old.pub.pem").write_text(old.public.pem, "utf-8")
    fingerprint = PublicKey.read(tmp_path / "old.pub.pem").fingerprint
    added = minshu("key", "add", "old.pub.pem")
    assert added.stdout.split("\t")[:2] == [fingerprint, "active"]
    assert minshu("key", "retire", fingerprint, "--reason", "轮换").stdout.split("\t")[1] == "retired"
    revoked = minshu("key", "revoke", fingerprint, "--since", "2026-01-02T03:04:05", "--reason", "被盗")
    assert revoked.stdout == f"{fingerprint}\trevoked\t2026-01-02T03:04:05Z\t被盗\n"
    assert minshu("key", "list").stdout == revoked.stdout
