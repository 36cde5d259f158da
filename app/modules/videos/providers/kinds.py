"""The providers with which a workspace can have an account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.avatars.vendors.did import DId
from app.avatars.vendors.heygen import HeyGen
from app.avatars.vendors.heygen_v2 import HeyGenV2
from app.avatars.vendors.http import HttpEngine
from app.avatars.vendors.remote import Remote
from app.avatars.vendors.synthesia import Synthesia
from app.avatars.vendors.tavus import Tavus


class Kind(StrEnum):
    HEYGEN = "heygen"
    HEYGEN_V2 = "heygen-v2"
    D_ID = "d-id"
    SYNTHESIA = "synthesia"
    TAVUS = "tavus"
    HTTP = "http"


VENDORS: Mapping[Kind, type[Remote]] = {
    Kind.HEYGEN: HeyGen,
    Kind.HEYGEN_V2: HeyGenV2,
    Kind.D_ID: DId,
    Kind.SYNTHESIA: Synthesia,
    Kind.TAVUS: Tavus,
    Kind.HTTP: HttpEngine,
}
