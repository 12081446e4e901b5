"""The one configuration: command-line option over `MINSHU_*` variable over `minshu.toml`.

The object is frozen and is handed down; nothing imports it as a global. `docs/configuration.md` names every field.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from minshu.errors import SettingsError
from minshu.machine import cores

MEBIBYTE = 1 << 20
LEAST_MEMORY = 64 * MEBIBYTE
SORTING_MEMORY = 96 * MEBIBYTE
"""With less, DuckDB cannot sort ten million rows on disk."""


DatasetName = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z0-9][a-z0-9._-]{0,99})$")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class TrustedPublisher(BaseModel):
    """Who may publish some datasets on an issuer's word: the jobs of whom it claims all of this."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, StringConstraints(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/]).+")]
    claims: dict[str, str] = Field(min_length=1)
    datasets: Annotated[tuple[DatasetName, ...], Field(min_length=1)]
    audience: str | None = None


class Settings(BaseSettings):
    """What an operator decides. Sizes are bytes, times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="MINSHU_", toml_file="minshu.toml", frozen=True, extra="forbid", validate_default=True
    )

    store: Path = Field(Path("store"), description="The folder that holds the releases.")
    catalogue: Path = Field(Path(), description="The folder that holds schemas/, validators/ and datasets/.")
    cache: Path | None = Field(None, description="The folder for derived files; a temporary one if not given.")
    cache_bytes: int = Field(4096 * MEBIBYTE, ge=0, description="How much the cache may hold before the oldest go.")
    host: str = Field("127.0.0.1", description="The address that the service listens on.")
    port: int = Field(8000, ge=0, le=65535, description="The port that the service listens on; 0 takes a free one.")
    workers: int = Field(1, ge=1, description="Server processes, which share queries, memory and cache.")
    base_url: str | None = Field(None, description="The public address, for absolute links behind a proxy.")

    operator: str | None = Field(None, description="Who runs this service and answers for it, as its pages say.")
    contact: str | None = Field(
        None, description="Where readers write to: an e-mail address, an `https://` address, or any words."
    )
    writing: bool = Field(False, description="Whether who has a token may write: publish, withdraw, decide, answer.")
    decision_days: int = Field(
        20, ge=1, le=365, description="Working days within which an application for conditional data is to be decided."
    )
    applications: int = Field(
        200, ge=0, description="Applications for one dataset that may wait for a decision; then they are answered 503."
    )
    feedback: Literal["moderated", "at-once", "off"] = Field(
        "moderated",
        description="Whether messages are shown once the operator publishes them, at once, or not taken at all.",
    )
    feedback_waiting: int = Field(
        500, ge=0, description="Messages that may wait for somebody to look at them; then they are answered 503."
    )
    feedback_days: int = Field(10, ge=1, le=365, description="Working days within which a message is to be answered.")
    metrics: bool = Field(True, description="Whether `/metrics` answers.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged: `info` has a line for every request, `warning` has none."
    )
    log_format: Literal["json", "text"] | None = Field(
        None, description="`json` or `text`; if not given, text on a terminal, else JSON."
    )

    answer_cache_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="How much memory small immutable answers are kept in; 0 keeps none."
    )
    page_size: int = Field(100, ge=1, description="Rows on a page when `_size` is not given.")
    page_size_max: int = Field(1000, ge=1, description="The largest `_size`.")
    query_memory: int = Field(
        192 * MEBIBYTE, ge=LEAST_MEMORY, description="DuckDB's memory for the service's own queries."
    )
    publish_memory: int = Field(
        512 * MEBIBYTE,
        ge=LEAST_MEMORY,
        description="DuckDB's memory for publishing; five eighths of it for `validate`.",
    )

    trusted_publishers: tuple[TrustedPublisher, ...] = Field(
        (), description="Whose jobs of CI may publish what, without a secret (docs/remote-publishing.md)."
    )
    upload_bytes: int = Field(
        1024 * MEBIBYTE, ge=1, description="The most bytes of a zip that is sent to be published."
    )
    publish_seconds: float = Field(1800.0, gt=0, description="Seconds after which the work on such a zip is stopped.")
    publish_queue: int = Field(16, ge=1, description="Zips that may be received, wait and be worked on before 503.")
    validate_bytes: int = Field(
        10 * MEBIBYTE,
        ge=0,
        description="The most bytes that anybody may have judged by `/validate`; 0 switches it off.",
    )
    validate_seconds: float = Field(20.0, gt=0, description="Seconds after which that is stopped.")

    sql_deadline: float = Field(5.0, gt=0, description="Seconds after which a stranger's query is killed.")
    sql_memory: int = Field(512 * MEBIBYTE, ge=LEAST_MEMORY, description="DuckDB's memory limit in an SQL worker.")
    sql_rows: int = Field(10_000, ge=1, description="The most rows of one SQL answer.")
    sql_bytes: int = Field(32 * MEBIBYTE, ge=1024, description="The most bytes of one SQL answer.")
    sql_text: int = Field(20_000, ge=1, description="The most characters of an SQL text.")
    sql_workers: int | None = Field(
        None, ge=1, description="SQL workers, beside two for quick queries; as many as processor cores if not given."
    )
    sql_queue: int = Field(64, ge=0, description="Queries that may wait for a worker before 503.")
    sql_queue_client: int = Field(32, ge=0, description="How many of those that wait may be one client's.")
    sql_patience: float = Field(15.0, gt=0, description="Seconds that a query may wait for a worker before 503.")

    sql_cache_bytes: int = Field(
        1024 * MEBIBYTE, ge=0, description="How much the answers to SQL may take of the disk before the oldest go."
    )
    limits: bool = Field(
        True, description="Whether clients have budgets. Deadlines and the walls around SQL always stand."
    )
    limit_window: int = Field(60, ge=1, le=3600, description="The seconds that a client's budgets are for.")
    limit_requests: int = Field(6000, ge=1, description="Requests of one client in that time.")
    limit_rows: int = Field(20_000_000, ge=1, description="Rows that are read for one client in that time.")
    limit_seconds: int = Field(120, ge=1, description="Seconds of queries of one client in that time.")
    limit_feedback: int = Field(5, ge=1, description="Messages of one client in an hour.")
    keys: tuple[Sha256, ...] = Field((), description="SHA-256 digests of keys, whose bearers are clients of their own.")
    key_factor: int = Field(10, ge=1, description="How many times the budgets of others a key has.")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Addresses and networks whose `X-Forwarded-For` is believed."
    )

    webhooks: bool = Field(True, description="Whether this service posts to the webhooks of its store.")
    webhook_private: bool = Field(
        False, description="Whether webhooks may be at addresses that are none of the public internet."
    )
    counts: Path | None = Field(
        None, description="The folder for the counts of what is read; `.counts` in the store if not given."
    )
    signing_key: Path | None = Field(
        None, description="The private key, a PEM file, that releases are signed with; unsigned if not given."
    )
    trusted_keys: tuple[Path, ...] = Field(
        (), description="Public keys, PEM files, that alone may have signed what `verify` and `get` accept."
    )
    search_rows: int = Field(200_000, ge=0, description="Rows beyond which a table is published with a search index.")
    search_seconds: float = Field(
        1.0, gt=0, description="Seconds after which a search over all tables goes on with the next request."
    )
    archive_bytes: int = Field(10 * 1024 * MEBIBYTE, ge=1, description="The most bytes that a zip may unpack to.")
    archive_files: int = Field(10_000, ge=1, description="The most files that a zip may hold.")
    archive_ratio: int = Field(200, ge=1, description="The most times a zip may grow when unpacked, past 10 MiB.")
    limit_errors: int = Field(1000, ge=1, description="The most errors listed for one table in a report.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings' own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def counts_folder(self) -> Path:
        """Where the counts of what is read are kept."""
        return self.counts or self.store / ".counts"

    @model_validator(mode="after")
    def _audiences(self) -> Self:
        """An ID token without an audience of its own could be shown here by whoever it was meant for."""
        if not self.base_url and any(publisher.audience is None for publisher in self.trusted_publishers):
            raise ValueError("trusted_publishers need an audience each, or base_url, which is theirs then")
        return self

    @property
    def sql_at_once(self) -> int:
        """How many SQL workers answer at the same time, beside those for quick queries."""
        return self.sql_workers or cores()

    def share(self) -> Self:
        """What one server process may use, so that all of them together keep to what the operator set."""
        return self.model_copy(
            update={
                "answer_cache_bytes": self.answer_cache_bytes // self.workers,
                "query_memory": max(SORTING_MEMORY, self.query_memory // self.workers),
                "sql_workers": max(1, self.sql_at_once // self.workers),
                "sql_queue": -(-self.sql_queue // self.workers),
                "sql_queue_client": -(-self.sql_queue_client // self.workers),
            }
        )

    @classmethod
    def load(cls, **options: object) -> Self:
        """Settings from the options that were given (not None), the environment and `minshu.toml`.

        Raises SettingsError with a sentence for each field that is wrong.
        """
        given = {name: value for name, value in options.items() if value is not None}
        try:
            return cls(**given)  # type: ignore[arg-type]  # pydantic checks them
        except ValidationError as error:
            names = (("_".join(map(str, item["loc"])), item["msg"]) for item in error.errors())
            lines = (f"{name} (MINSHU_{name.upper()}): {words}" for name, words in names)
            raise SettingsError(f"The configuration is wrong. {'; '.join(lines)}.") from error
        except ValueError as error:
            raise SettingsError(f"minshu.toml cannot be read: {error}.") from error


def portable(settings: Settings) -> dict[str, object]:
    """The settings as a worker takes them, whose folder and environment are others."""
    places = {name: str(value.absolute()) for name, value in settings if isinstance(value, Path)}
    return {**settings.model_dump(mode="json"), **places}
