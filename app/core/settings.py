"""Every setting, read in one place from ``TENEX_*`` variables and handed down from there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.errors import SettingsInvalid

PREFIX = "TENEX_"
_BUCKET_URL = re.compile(
    r"s3://(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?P<prefix>(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,127})*)/?"
)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._-]+(:\d{1,5})?/?|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?/?")
_BASE_URL = re.compile(r"https?://[A-Za-z0-9._-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")
JwtAlgorithm = Literal["HS256", "RS256", "ES256"]


class Settings(BaseSettings):
    """What can be set. ``Settings.load()`` reads the environment and answers with sentences, not with a traceback."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    data: Path = Field(default=Path("data"), description="Folder of everything that is kept")
    database_url: str | None = Field(default=None, description="postgresql://...; a SQLite file in data if unset")
    storage: str | None = Field(
        default=None, description="Where files are kept: a folder, or s3://bucket/prefix; data/blobs if unset"
    )
    s3_endpoint: str | None = Field(default=None, description="https://... of an S3-compatible server; AWS if unset")
    s3_public_endpoint: str | None = Field(
        default=None, description="The address under which clients reach that server, when they see another"
    )
    s3_region: str | None = Field(default=None, description="Region of the bucket; as in AWS's own tools if unset")
    s3_access_key: str | None = Field(default=None, description="As in AWS's own tools if unset")
    s3_secret_key: SecretStr | None = Field(default=None, validate_default=True)
    blob_cache_bytes: int = Field(
        default=20_000_000_000, ge=0, description="How much of a bucket's files is kept in data/cache/blobs"
    )
    secret: SecretStr | None = Field(
        default=None, description="Signs download links and cursors; made once and kept in data/secret if unset"
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8010, ge=1, le=65535)
    whisper_model: Path | None = Field(
        default=None, description="Folder of a Whisper model (CTranslate2), which writes down what nobody has"
    )
    ranking_url: str | None = Field(
        default=None,
        description="http(s)://.../v1 of a server with OpenAI's chat completions, to rank moments; no if unset",
    )
    ranking_model: str | None = Field(default=None, validate_default=True, description="Its model")
    ranking_key: SecretStr | None = Field(default=None, description="Its key, if it wants one")
    provider_poll_seconds: float = Field(
        default=10.0, ge=0.05, le=600, description="How soon an avatar provider is asked how far a take is"
    )
    provider_patience_seconds: float = Field(
        default=900.0, ge=0, le=86_400, description="How long an avatar provider is tried that cannot be reached"
    )
    catalogue_hours: float = Field(
        default=24.0, ge=0, le=8760, description="How old the lists of avatar providers may be; 0: they are left alone"
    )
    engines: Path | None = Field(
        default=None, description="File of the programs on this machine that make takes; see docs/providers.md"
    )
    heygen_v2: bool = Field(default=False, description="Take accounts with the retired API of HeyGen, too")
    public_url: str | None = Field(default=None, description="The address clients see, when it is not host and port")
    workers: int | None = Field(default=None, ge=1, le=256, description="Worker processes; one per core if unset")

    jwt_key: SecretStr | None = Field(default=None, description="Verifies user JWTs; they are refused if unset")
    jwt_algorithm: JwtAlgorithm = "HS256"
    jwt_audience: str | None = None
    jwt_issuer: str | None = None

    rate_limit_per_minute: int = Field(default=1000, ge=1)
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="Largest JSON body that is read")
    download_seconds: int = Field(default=3600, ge=1, description="How long a download link works")
    upload_link_seconds: int = Field(default=3600, ge=1, description="How long the link for one part works")

    max_upload_bytes: int = Field(default=20 * 1024**3, ge=1, description="Largest file that is taken in")
    max_upload_seconds: int = Field(default=6 * 3600, ge=1, description="Longest recording that is taken in")
    upload_part_bytes: int = Field(
        default=16 * 1024**2, ge=5 * 1024**2, le=1024**3, description="Files are sent in parts of this size"
    )
    upload_seconds: int = Field(default=86_400, ge=60, description="An upload nobody goes on with expires after this")
    private_sources: str = Field(
        default="", description="Host names, with commas between, that files may be fetched from although private"
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["pretty", "json"] = "pretty"

    ffmpeg_binary: str | None = Field(
        default=None,
        validation_alias=AliasChoices(f"{PREFIX}FFMPEG_BINARY", "FFMPEG_BINARY"),
        description="The ffmpeg to use instead of the one that comes with imageio-ffmpeg",
    )
    voices: Path | None = Field(default=None, description="Folder of Piper voice files; data/voices if unset")
    fake_provider: bool = Field(default=False, description="Offer the scripted avatar provider that the tests use")

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """The settings of the environment, with the given ones on top.

        Raises SettingsInvalid: one line for each variable that cannot be used, and why.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsInvalid(_explain(error)) from error

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("storage")
    @classmethod
    def _folder_or_bucket(cls, value: str | None) -> str | None:
        if value is not None and "://" in value and not _BUCKET_URL.fullmatch(value):
            raise ValueError("it is a folder, s3://bucket or s3://bucket/prefix, where a prefix is made as keys are")
        return value

    @field_validator("s3_endpoint", "s3_public_endpoint")
    @classmethod
    def _only_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            raise ValueError("it is http:// or https:// with a host and maybe a port, without a name or a path")
        return value

    @field_validator("s3_secret_key")
    @classmethod
    def _with_its_name(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "s3_access_key" in info.data and (value is None) != (info.data["s3_access_key"] is None):
            raise ValueError(f"it and {PREFIX}S3_ACCESS_KEY are set together, or neither is")
        return value

    @field_validator("ranking_url")
    @classmethod
    def _of_the_web(cls, value: str | None) -> str | None:
        if value is not None and not _BASE_URL.fullmatch(value):
            raise ValueError(
                "it is http:// or https:// with a host, without a name or a query: http://127.0.0.1:11434/v1"
            )
        return value

    @field_validator("ranking_model")
    @classmethod
    def _with_its_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "ranking_url" in info.data and (value is None) != (info.data["ranking_url"] is None):
            raise ValueError(f"it and {PREFIX}RANKING_URL are set together, or neither is")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(
            ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("it starts with sqlite:/// or postgresql://")
        return value

    @property
    def database(self) -> str:
        """URL of the database: the one that was set, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'tenex.sqlite3'}"

    @property
    def blobs(self) -> Path:
        """Folder of the stored files, when no bucket is set."""
        return Path(self.storage) if self.storage and not self.bucket else self.data / "blobs"

    @property
    def bucket(self) -> tuple[str, str] | None:
        """Name and prefix of the bucket that was set, the prefix without slashes at its ends."""
        found = _BUCKET_URL.fullmatch(self.storage) if self.storage else None
        return (found["name"], (found["prefix"] or "").strip("/")) if found else None

    @property
    def voice_folder(self) -> Path:
        """Folder of Piper voice files."""
        return self.voices or self.data / "voices"

    @property
    def allowed_sources(self) -> tuple[str, ...]:
        """Hosts in private networks that may be fetched from."""
        return tuple(host.strip() for host in self.private_sources.split(",") if host.strip())

    @property
    def base_url(self) -> str:
        """The address clients see, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def worker_count(self) -> int:
        """Worker processes to start on this host: as set, or one per usable core."""
        return self.workers or _usable_cores()


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _explain(error: ValidationError) -> str:
    return "\n".join(_sentence(str(fault["loc"][0]) if fault["loc"] else "settings", fault) for fault in error.errors())


def _sentence(name: str, fault: Any) -> str:
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}"
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{variable} cannot be used: {reason[:1].lower()}{reason[1:]}. Correct it, or unset it for the default."
