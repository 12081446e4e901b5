"""Signatures: who signed is proven, and whoever did not is told from who did."""

import re
import shutil
import stat
import subprocess
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from tests.test_download import honest, serving

from minshu.download import download
from minshu.errors import KeyUnusable, SignatureRefused
from minshu.publish import Published
from minshu.settings import Settings
from minshu.signing import PublicKey, SigningKey, Trust, parse_signature
from minshu.store import Store
from minshu.verify import Signers, verify_store

ROOT = Path(__file__).parents[1]
Released = Callable[..., Published]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A new key's file."""
    SigningKey.create(tmp_path / "key.pem")
    return tmp_path / "key.pem"


@pytest.fixture
def settings(tmp_path: Path, key: Path) -> Settings:
    """Settings of an operator who signs."""
    return Settings(store=tmp_path / "store", catalogue=tmp_path, cache=tmp_path / "cache", signing_key=key)


def public(key: Path, path: Path) -> Path:
    """The public half of a key, in a file."""
    path.write_text(PublicKey.read(key).pem, "utf-8")
    return path


def words(store: Store, trust: Trust) -> str:
    """What `minshu verify` says of who signed."""
    signers = Signers(trust)
    for release in verify_store(store):
        signers.check(release)
    return signers.words()


def test_a_new_key_can_be_read_by_its_owner_alone(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(key: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(KeyUnusable, match="is there already"):
        SigningKey.create(key)
    assert key.read_bytes() == before


def test_a_release_is_signed_over_the_bytes_of_its_manifest(released: Released, make_package: Any, key: Path) -> None:
    folder = released(make_package()).release.folder
    signature = parse_signature((folder / "release.json.sig").read_bytes(), "it")
    assert PublicKey.read(key).signed((folder / "release.json").read_bytes(), signature)


def test_verify_names_the_key_that_signed(released: Released, make_package: Any, store: Store, key: Path) -> None:
    released(make_package())
    assert words(store, Trust.given([key])) == f"1 signed by {PublicKey.read(key).fingerprint}"


def test_where_no_keys_are_known_a_signature_is_told_but_not_believed(
    released: Released, make_package: Any, store: Store, key: Path
) -> None:
    released(make_package())
    assert words(store, Trust()) == f"1 signed by {PublicKey.read(key).fingerprint}, which is not known here"


def test_an_unsigned_store_is_clean_and_told_to_be_unsigned(tmp_path: Path, make_package: Any, minshu: Any) -> None:
    assert minshu("publish", make_package()).returncode == 0
    done = minshu("verify")
    assert (done.returncode, done.stderr) == (0, "1 release, every digest right; unsigned.\n")


def test_what_is_unsigned_is_refused_where_keys_are_given(
    released: Released, make_package: Any, store: Store, key: Path
) -> None:
    (released(make_package()).release.folder / "release.json.sig").unlink()
    with pytest.raises(SignatureRefused, match="missing"):
        words(store, Trust.given([key]))


def test_a_signature_by_another_key_is_refused(
    released: Released, make_package: Any, store: Store, tmp_path: Path
) -> None:
    released(make_package())
    SigningKey.create(tmp_path / "other.pem")
    with pytest.raises(SignatureRefused, match="none of the keys that are trusted"):
        words(store, Trust.given([tmp_path / "other.pem"]))


def test_a_manifest_that_was_changed_with_all_its_digests_is_found_by_its_signature(
    released: Released, make_package: Any, store: Store, key: Path
) -> None:
    manifest = released(make_package()).release.folder / "release.json"
    manifest.write_text(manifest.read_text("utf-8").replace("示例", "改过"), "utf-8")
    assert list(verify_store(store))
    with pytest.raises(SignatureRefused, match="over this manifest"):
        words(store, Trust.given([key]))


def test_a_signature_that_claims_another_key_proves_nothing(tmp_path: Path) -> None:
    ours, theirs = SigningKey.create(tmp_path / "a.pem"), SigningKey.create(tmp_path / "b.pem")
    forged = theirs.sign(b"data").model_copy(update={"key": ours.public.fingerprint})
    with pytest.raises(SignatureRefused, match="not one by"):
        Trust({ours.public.fingerprint: ours.public}).check(b"data", forged, datetime.now(UTC), "it")


@pytest.mark.parametrize("text", ["", "{}", '{"key": "x", "signature": "y"}', '{"algorithm": "RSA"}', "\x00"])
def test_a_signature_that_cannot_be_read_is_refused_and_hides_no_release_from_readers(
    released: Released, make_package: Any, store: Store, settings: Settings, text: str
) -> None:
    from minshu.browse import Library

    file = released(make_package()).release.folder / "release.json.sig"
    file.write_text(text, "utf-8")
    with pytest.raises(SignatureRefused, match="cannot be read"):
        words(store, Trust())
    library = Library(store, settings)
    try:
        assert library.release("demo", "1.0.0").signature is None
    finally:
        library.close()


def test_a_release_arrives_with_its_signature(released: Released, make_package: Any, tmp_path: Path, key: Path) -> None:
    target = Store(tmp_path / "target")
    with serving(released(make_package()).release, honest) as url:
        fetched = download("demo", "latest", url, target, trust=Trust.given([key]))
    assert words(target, Trust.given([key])) == f"1 signed by {PublicKey.read(key).fingerprint}"
    assert fetched.signature()


def test_a_release_that_the_given_key_did_not_sign_does_not_arrive(
    released: Released, make_package: Any, tmp_path: Path
) -> None:
    SigningKey.create(tmp_path / "other.pem")
    with (
        serving(released(make_package()).release, honest) as url,
        pytest.raises(SignatureRefused, match="none of the keys"),
    ):
        download("demo", "latest", url, Store(tmp_path / "target"), trust=Trust.given([tmp_path / "other.pem"]))
    assert not (tmp_path / "target/demo/1.0.0").exists()


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (b"no key", "no private key"),
        (
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "another kind",
        ),
        (
            generate_private_key(SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "is encrypted",
        ),
    ],
)
def test_a_file_that_is_no_key_to_sign_with_publishes_nothing(
    released: Released, make_package: Any, key: Path, store: Store, pem: bytes, reason: str
) -> None:
    key.write_bytes(pem)
    with pytest.raises(KeyUnusable, match=reason):
        released(make_package())
    assert store.versions("demo") == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_documented_lines_of_openssl_verify_a_release_and_refuse_a_changed_one(
    released: Released, make_package: Any, key: Path, tmp_path: Path
) -> None:
    folder = released(make_package()).release.folder
    public(key, tmp_path / "key.pub.pem")
    for name in ("release.json", "release.json.sig"):
        shutil.copy(folder / name, tmp_path)
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    lines = re.search(r"```sh\n([^`]*openssl pkeyutl[^`]*)```", page)
    assert lines
    run = ["sh", "-ec", lines[1]]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "Signature Verified Successfully" in done.stdout) == (0, True), done.stderr
    assert PublicKey.read(key).fingerprint in done.stdout
    with (tmp_path / "release.json").open("a") as manifest:
        manifest.write(" ")
    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_openssl_keys_serve_as_well(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "o.pem"], check=True)
    key = SigningKey.read(tmp_path / "o.pem")
    assert key.public.signed(b"data", key.sign(b"data"))


def test_the_commands_make_and_show_a_key(minshu: Any, tmp_path: Path) -> None:
    made = minshu("key", "create", "own.pem")
    shown = minshu("key", "show", "own.pem")
    assert (made.returncode, shown.returncode) == (0, 0)
    assert made.stdout == shown.stdout == PublicKey.read(tmp_path / "own.pem").pem
    assert shown.stderr.strip() == PublicKey.read(tmp_path / "own.pem").fingerprint
    assert minshu("key", "create", "own.pem").returncode == 2


def test_a_signature_of_another_length_is_refused() -> None:
    short = b64encode(b"x" * 63).decode()
    with pytest.raises(SignatureRefused):
        parse_signature(f'{{"key": "{"a" * 64}", "signature": "{short}"}}'.encode(), "it")
