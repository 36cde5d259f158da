"""A real object store for tests: OpenStack Swift with its S3 API, one replica on a folder, started for the run."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from app.core.ids import new_id
from app.core.settings import Settings
from app.media.ffmpeg import die_with_parent
from app.storage.s3_bucket import Bucket, open_bucket
from tests.needs import need_programs

PACKAGES = "swift-proxy swift-account swift-container swift-object"
#: Debian's Swift belongs to Debian's Python.
_PYTHON = "/usr/bin/python3"
_KINDS = ("account", "container", "object")
_STARTS_WITHIN_S = 30.0

_RING = """\
import sys
from swift.common.ring import RingBuilder
folder, *ports = sys.argv[1:]
for kind, port in zip(("account", "container", "object"), ports):
    builder = RingBuilder(1, 1, 0)
    builder.add_dev(dict(region=1, zone=1, weight=1, ip="127.0.0.1", port=int(port), device="disk"))
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{kind}.ring.gz")
"""
_STORE = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
user = {user}
log_level = ERROR

[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
"""
# Swift's own check of credentials insists on a cache, but works when nobody answers there.
_PROXY = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
user = {user}
log_level = ERROR

[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:tempauth]
use = egg:swift#tempauth
user_test_owner = owner-secret .admin http://127.0.0.1:{port}/v1/AUTH_test
user_test_guest = guest-secret http://127.0.0.1:{port}/v1/AUTH_test

[filter:s3api]
use = egg:swift#s3api
location = us-east-1

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swift:
    """A server that runs. ``guest`` has credentials and no rights."""

    endpoint: str
    access_key: str = "test:owner"
    secret_key: str = "owner-secret"
    guest: tuple[str, str] = ("test:guest", "guest-secret")
    session: Any = field(default_factory=lambda: boto3.Session("test:owner", "owner-secret"))

    def settings(self, data: Path, **others: Any) -> Settings:
        """An installation that keeps its files in a bucket of its own, which is empty."""
        name = f"media-{new_id()}"
        settings = self.settings_for(name, data=data, **others)
        self.open(settings).client.create_bucket(Bucket=name)
        return settings

    def open(self, settings: Settings) -> Bucket:
        """The bucket of these settings, with what all tests may share."""
        return open_bucket(settings, self.session)

    def settings_for(self, bucket: str, **others: Any) -> Settings:
        """The same without making the bucket."""
        return Settings(**{**self.options(bucket), **others})

    def options(self, bucket: str) -> dict[str, str]:
        """The settings by which this server and a bucket on it are named."""
        return {
            "storage": f"s3://{bucket}/site",
            "s3_endpoint": self.endpoint,
            "s3_access_key": self.access_key,
            "s3_secret_key": self.secret_key,
        }


@contextmanager
def swift() -> Iterator[Swift]:
    """Start the four servers; they end with this process, whatever becomes of it."""
    need_programs(*(f"swift-{kind}-server" for kind in ("proxy", *_KINDS)), package=PACKAGES)
    folder = Path(tempfile.mkdtemp(prefix="tenex-swift-"))
    try:
        with ExitStack() as running:
            yield _started(folder, running)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, running: ExitStack) -> Swift:
    ports = _free_ports(4)
    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = tests\n")
    subprocess.run([_PYTHON, "-c", _RING, str(folder), *map(str, ports[:3])], check=True)
    for kind, port in zip((*_KINDS, "proxy"), ports, strict=True):
        template = _PROXY if kind == "proxy" else _STORE
        file = folder / f"{kind}-server.conf"
        file.write_text(template.format(kind=kind, port=port, folder=folder, user=folder.owner()))
        running.enter_context(_server(kind, file))
    for port in ports:
        _wait_until_open(port, folder)
    server = Swift(endpoint=f"http://127.0.0.1:{ports[-1]}")
    server.open(server.settings_for("first")).client.create_bucket(Bucket="first")
    return server


@contextmanager
def _server(kind: str, config: Path) -> Iterator[None]:
    with config.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            [f"swift-{kind}-server", str(config), "-v"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def _wait_until_open(port: int, folder: Path) -> None:
    """Until the server listens. A proxy that found nobody there would not look again for a minute."""
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    logs = "\n".join(log.read_text()[-1000:] for log in folder.glob("*.log"))
    raise AssertionError(f"Swift did not start within {_STARTS_WITHIN_S:g} s: {logs}")
