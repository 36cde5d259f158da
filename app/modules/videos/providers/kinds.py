"""The providers with which a workspace can have an account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from app.avatars.base import Vendor
from app.avatars.vendors import heygen
from app.avatars.vendors.heygen import HeyGen
from app.core.outbound import Outbound


class Kind(StrEnum):
    HEYGEN = "heygen"


class Connect(Protocol):
    def __call__(self, *, name: str, key: str, base_url: str, outbound: Outbound, first_poll_s: float) -> Vendor: ...


CONNECT: Mapping[Kind, Connect] = {Kind.HEYGEN: HeyGen}
BASE_URLS: Mapping[Kind, str] = {Kind.HEYGEN: heygen.BASE_URL}
