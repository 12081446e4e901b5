"""The commands. Each imports only what its work needs: a `--help` should not wait for a database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from minshu.cli.access import app as access
from minshu.cli.audit import app as audit
from minshu.cli.authoring import describe, init
from minshu.cli.backups import backup, restore
from minshu.cli.ci import ci
from minshu.cli.credentials import TokenFileOption, token_for, warn_of_eavesdroppers
from minshu.cli.diff import diff
from minshu.cli.feedback import app as feedback
from minshu.cli.harvesting import harvest
from minshu.cli.keys import app as signing_keys
from minshu.cli.options import CatalogueOption, NameOption, PackagePath, StoreOption, VersionOption
from minshu.cli.printing import print_report, say
from minshu.cli.progress import progress
from minshu.cli.pushing import push
from minshu.cli.scorecard import scorecard
from minshu.cli.standing import purge, unyank, withdraw, yank
from minshu.cli.stores import store_at
from minshu.cli.tokens import app as tokens
from minshu.cli.webhooks import app as webhooks
from minshu.errors import (
    AlreadyDecided,
    AuditBroken,
    BackupRefused,
    DescriptorInvalid,
    DigestMismatch,
    FeedbackDecided,
    IdentityMissing,
    IdentityRefused,
    InvalidPackage,
    ManifestUnreadable,
    MinshuError,
    PushRefused,
    ReleaseConflict,
    ReservedPath,
    RulesError,
    ScaffoldRefused,
    SignatureRefused,
    StandingConflict,
    Undescribable,
    UnsafePath,
    UnstorableTable,
    VersionSpent,
    VersionTooSmall,
    WebhookRefused,
)
from minshu.reports import Format, Language
from minshu.settings import Settings

if TYPE_CHECKING:
    from minshu.report import Report

NO, UNANSWERED = 1, 2
# Errors that are an answer, and that answer is no; any other error means that there is no answer.
ANSWERS = (
    AlreadyDecided,
    FeedbackDecided,
    InvalidPackage,
    DescriptorInvalid,
    UnsafePath,
    DigestMismatch,
    SignatureRefused,
    BackupRefused,
    ManifestUnreadable,
    PushRefused,
    ReleaseConflict,
    IdentityMissing,
    IdentityRefused,
    ReservedPath,
    UnstorableTable,
    VersionSpent,
    StandingConflict,
    AuditBroken,
    VersionTooSmall,
    Undescribable,
    ScaffoldRefused,
    WebhookRefused,
)

app = typer.Typer(
    name="minshu",
    help="Publish data packages as validated, immutable releases, and serve them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


PackagePaths = Annotated[list[Path], typer.Argument(metavar="PATH", help="Packages, as `validate` takes one.")]
RulesOption = Annotated[Path | None, typer.Option(help="A rules file to run, instead of the catalogue's. It is code.")]
KeysOption = Annotated[
    list[Path] | None, typer.Option("--key", help="The public key, in PEM, of who alone may have signed; repeatable.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How the report is printed.")]
LanguageOption = Annotated[Language | None, typer.Option(help="The report's language, by default the locale's.")]


def main() -> None:
    """Run the command line. What went wrong is said in one sentence on stderr, and by the exit code."""
    try:
        app()
    except MinshuError as error:
        say(f"minshu: {error}")
        sys.exit(NO if isinstance(error, ANSWERS) else UNANSWERED)
    except BrokenPipeError:
        # The reader of our output has seen enough; so that the interpreter does not complain when it flushes.
        sys.stdout = None
        sys.exit(UNANSWERED)
    except OSError as error:
        say(f"minshu: {error.filename or 'Something'} cannot be used: {error.strerror or error}.")
        sys.exit(UNANSWERED)


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Publish data packages as validated, immutable releases, and serve them."""
    if version:
        from importlib.metadata import version as installed

        print(installed("minshu"))  # noqa: T201
        raise typer.Exit


@app.command()
def validate(
    path: PackagePath,
    format_: FormatOption = Format.text,
    lang: LanguageOption = None,
    rules: RulesOption = None,
    catalogue: CatalogueOption = None,
    limit_errors: Annotated[int | None, typer.Option(min=1, help="The most errors listed for one table.")] = None,
) -> None:
    """Check a package: 0 valid, 1 invalid, 2 could not be checked. The report goes to stdout."""
    from minshu.report import Report, package_error

    settings = Settings.load(catalogue=catalogue, limit_errors=limit_errors)
    try:
        report = _validated(path, rules, settings)
    except MinshuError as error:
        if format_ is not Format.text:
            print_report(Report(errors=(package_error(str(error)),)), path, format_, lang)
        raise
    print_report(report, path, format_, lang)
    if not report.valid:
        raise typer.Exit(NO)


def _validated(path: Path, rules: Path | None, settings: Settings) -> "Report":
    import minshu

    with progress("Validating"):
        return minshu.validate(path, rules=rules, settings=settings)


@app.command()
def publish(
    paths: PackagePaths,
    store: StoreOption = None,
    name: NameOption = None,
    version: VersionOption = None,
    rules: RulesOption = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Validate packages and release them, in this order. An invalid one publishes nothing, ends it and exits 1."""
    from minshu.catalogue import Catalogue, skipped_rules_words

    if len(paths) > 1 and (name or version):
        raise typer.BadParameter("--name and --version are for one package.")
    settings = Settings.load(store=store, catalogue=catalogue)
    known = Catalogue(settings.catalogue)
    for path in paths:
        if rules is None and catalogue is None and (skipped := known.skipped_rules(path)):
            raise RulesError(skipped_rules_words(skipped))
        _publish(path, name, version, rules or known.rules_for(path), settings)


def _publish(path: Path, name: str | None, version: str | None, rules: Path | None, settings: Settings) -> None:
    from minshu.descriptors import opened
    from minshu.publish import publish as run
    from minshu.store import Store
    from minshu.versions import AUTO

    with progress("Publishing") as step, opened(path, settings) as package:
        try:
            numbered = version != AUTO
            identified = package.identified(name, version if numbered else None)
            published = run(identified, rules, Store(settings.store), settings, step, numbered=numbered)
        except InvalidPackage as error:
            step("")
            print_report(cast("Report", error.report), path)
            raise
    for warning in published.report.warnings if published.report else ():
        say(f"warning: {warning}")
    manifest = published.release.manifest
    say(f"{manifest.name} {manifest.version} {'is published' if published.created else 'was published already'}.")
    if published.difference:
        say(f"What changed since {published.difference.old.version} is {published.difference.verdict}.")
    print(published.release.folder)  # noqa: T201


@app.command()
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Server processes, by default 1.")] = None,
    base_url: Annotated[str | None, typer.Option(help="The public address, for absolute links behind a proxy.")] = None,
    cache: Annotated[Path | None, typer.Option(help="The folder for derived files.")] = None,
    limits: Annotated[
        bool | None, typer.Option("--limits/--no-limits", help="Whether clients have budgets; by default they do.")
    ] = None,
    catalogue: CatalogueOption = None,
) -> None:
    """Serve the releases of a store over HTTP, until interrupted."""
    from minshu.http.server import run

    settings = Settings.load(
        store=store,
        host=host,
        port=port,
        workers=workers,
        base_url=base_url,
        cache=cache,
        limits=limits,
        catalogue=catalogue,
    )
    if not settings.store.is_dir():
        say(f"There is no store at {settings.store} yet: nothing to serve until something is published there.")
    if settings.cache:
        settings.cache.mkdir(parents=True, exist_ok=True)
    run(settings)


@app.command()
def get(
    release: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="What to fetch; `latest` if no version.")],
    source: Annotated[str, typer.Option("--from", help="The address of a Minshu service.")],
    store: StoreOption = None,
    keys: KeysOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Download a release into a store, and prove every file of it by its digest, and all by its signature."""
    from minshu.cli.progress import bytes_progress
    from minshu.download import download
    from minshu.signing import Trust
    from minshu.store import Store
    from minshu.verify import Signers

    name, _, version = release.partition("@")
    settings = Settings.load(store=store, trusted_keys=keys)
    signers = Signers(Trust.given(settings.trusted_keys))
    token = token_for(token_file)
    if token:
        warn_of_eavesdroppers(source)
    with bytes_progress(f"Fetching {release}") as advance:
        fetched = download(name, version or "latest", source, Store(settings.store), advance, signers.trust, token)
    signers.check(fetched)
    say(
        f"{fetched.manifest.name} {fetched.manifest.version}: {len(fetched.manifest.files)} files, every digest right, "
        f"{signers.words()}."
    )
    print(fetched.folder)  # noqa: T201


@app.command("list")
def list_(store: StoreOption = None) -> None:
    """List the releases of a store: name, version, time, digest, state; tab-separated, newest first."""
    releases, damaged = store_at(store), False
    for name, versions in releases.releases().items():
        for version in versions:
            try:
                release = releases.release(name, version)
            except ManifestUnreadable as error:
                damaged = True
                say(f"minshu: {error}")
                continue
            published = release.manifest.published.isoformat().replace("+00:00", "Z")
            status = releases.standing.status(name, version)
            told = [name, version, published, release.sha256, *([status.state] if status else [])]
            print(*told, sep="\t")  # noqa: T201
    if damaged:
        raise typer.Exit(NO)


@app.command()
def verify(store: StoreOption = None, keys: KeysOption = None) -> None:
    """Compute every digest of a store again, and check who signed: 0 all right, 1 at the first that differs."""
    from minshu.keyring import Keyring
    from minshu.signing import Trust
    from minshu.store import Store
    from minshu.verify import Signers, verify_store

    settings, count = Settings.load(store=store, trusted_keys=keys), 0
    releases = Store(settings.store)
    releases.require()
    signers = Signers(Trust.given(settings.trusted_keys), Keyring(releases.log))
    with progress("Verifying") as step:
        for release in verify_store(releases):
            signers.check(release)
            step(f"Verified {release.manifest.name} {release.manifest.version}")
            count += 1
    say(f"{count} release{'' if count == 1 else 's'}, every digest right{f'; {signers.words()}' if count else ''}.")


@app.command()
def inline(catalogue: CatalogueOption = None) -> None:
    """Write schemas/NAME/TABLE.json into datasets/NAME/datapackage.json, for every table."""
    from minshu.catalogue import Catalogue

    for path in Catalogue(Settings.load(catalogue=catalogue).catalogue).inline_schemas():
        print(path)  # noqa: T201


app.add_typer(signing_keys, name="key")
app.command()(backup)
app.command()(restore)
app.command()(withdraw)
app.command()(yank)
app.command()(unyank)
app.command()(purge)
app.add_typer(audit, name="audit")
app.command()(ci)
app.command()(describe)
app.command()(diff)
app.command()(harvest)
app.command()(init)
app.command()(push)
app.command()(scorecard)
app.add_typer(tokens, name="token")
app.add_typer(access, name="access")
app.add_typer(feedback, name="feedback")
app.add_typer(webhooks, name="webhook")
