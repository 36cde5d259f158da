from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.errors import SettingsInvalid
from app.core.settings import Settings
from app.core.signing import Signer, load_secret


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("TENEX_") or name == "FFMPEG_BINARY":
            monkeypatch.delenv(name)


def test_nothing_has_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.database == f"sqlite:///{tmp_path}/data/tenex.sqlite3"
    assert settings.blobs == Path("data/blobs")
    assert settings.base_url == "http://127.0.0.1:8010"
    assert settings.worker_count >= 1
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENEX_DATA", "/srv/tenex")
    monkeypatch.setenv("TENEX_PORT", "9000")
    monkeypatch.setenv("TENEX_PUBLIC_URL", "https://videos.example.com/")
    monkeypatch.setenv("TENEX_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("TENEX_WORKERS", "")
    settings = Settings.load()
    assert settings.blobs == Path("/srv/tenex/blobs")
    assert (settings.port, settings.base_url) == (9000, "https://videos.example.com")
    assert (settings.log_level, settings.workers) == ("debug", None)


@pytest.mark.parametrize(
    ("storage", "bucket"),
    [
        ("s3://media", ("media", "")),
        ("s3://media/", ("media", "")),
        ("s3://media/videos/v1/", ("media", "videos/v1")),
        ("/srv/s3", None),
    ],
)
def test_storage_is_a_folder_or_a_bucket(
    monkeypatch: pytest.MonkeyPatch, storage: str, bucket: tuple[str, str] | None
) -> None:
    monkeypatch.setenv("TENEX_STORAGE", storage)
    settings = Settings.load()
    assert settings.bucket == bucket
    assert settings.blobs == Path("data/blobs" if bucket else storage)


def test_an_access_key_needs_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENEX_S3_ACCESS_KEY", "name")
    with pytest.raises(SettingsInvalid, match=r"TENEX_S3_SECRET_KEY cannot be used: .* set together"):
        Settings.load()
    monkeypatch.setenv("TENEX_S3_SECRET_KEY", "sesame")
    assert "sesame" not in repr(Settings.load())


def test_ffmpeg_is_named_by_either_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", "/opt/ffmpeg")
    assert Settings.load().ffmpeg_binary == "/opt/ffmpeg"
    monkeypatch.setenv("TENEX_FFMPEG_BINARY", "/opt/ours")
    assert Settings.load().ffmpeg_binary == "/opt/ours"
    assert Settings.load(ffmpeg_binary="/given").ffmpeg_binary == "/given"


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("TENEX_PORT", "seventy", "valid integer"),
        ("TENEX_PORT", "70000", "65535"),
        ("TENEX_WORKERS", "0", "greater than or equal to 1"),
        ("TENEX_STORAGE", "gs://bucket", "it is a folder, s3://bucket or s3://bucket/prefix"),
        ("TENEX_STORAGE", "s3://", "s3://bucket/prefix"),
        ("TENEX_STORAGE", "s3://bucket/../other", "s3://bucket/prefix"),
        ("TENEX_STORAGE", "s3://bucket/a b", "s3://bucket/prefix"),
        ("TENEX_S3_ENDPOINT", "minio:9000", "http:// or https://"),
        ("TENEX_S3_ENDPOINT", "https://name:secret@minio", "without a name or a path"),
        ("TENEX_S3_PUBLIC_ENDPOINT", "https://cdn/path", "without a name or a path"),
        ("TENEX_S3_SECRET_KEY", "alone", "set together"),
        ("TENEX_DATABASE_URL", "mysql://host/db", "starts with sqlite:/// or postgresql://"),
        ("TENEX_LOG_FORMAT", "xml", "'pretty' or 'json'"),
        ("TENEX_JWT_ALGORITHM", "none", "'HS256', 'RS256' or 'ES256'"),
    ],
)
def test_a_value_that_cannot_be_used_gets_a_sentence_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid) as caught:
        Settings.load()
    assert caught.value.message.startswith(f"{variable} cannot be used: ")
    assert reason in caught.value.message
    assert "\n" not in caught.value.message


def test_secrets_are_not_printed() -> None:
    assert "sesame" not in repr(Settings(secret=SecretStr("sesame-sesame-sesame"), jwt_key=SecretStr("sesame")))


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    first = load_secret(settings)
    assert load_secret(settings) == first
    assert load_secret(Settings(data=tmp_path / "other")) != first
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]


def test_a_secret_that_is_set_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret=SecretStr("a long enough secret"))
    assert load_secret(settings) == load_secret(settings)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_protects_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="TENEX_SECRET"):
        load_secret(Settings(data=tmp_path, secret=SecretStr("short")))
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingsInvalid, match=str(tmp_path / "secret")):
        load_secret(Settings(data=tmp_path))


def test_a_signature_is_good_for_its_message_and_purpose_only() -> None:
    signer = Signer(b"secret", "cursor", size=12)
    signature = signer.sign(b"message")
    assert len(signature) == 12
    assert signer.verify(b"message", signature)
    for message, other in ((b"message", signature[:-1]), (b"message", b""), (b"Message", signature)):
        assert not signer.verify(message, other)
    assert not Signer(b"secret", "download", size=12).verify(b"message", signature)
