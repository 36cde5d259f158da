"""What clients send and see of accounts with avatar providers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator

from app.modules.videos.providers.catalogue_schemas import CatalogueOut
from app.modules.videos.providers.kinds import Kind
from app.modules.videos.schemas import Sent, example

AccountName = Annotated[
    str, Field(pattern="^[a-z][a-z0-9-]{0,31}$", description="How avatar profiles name it", examples=["heygen"])
]
BaseUrl = Annotated[str, Field(min_length=8, max_length=500, description="Else the provider's own")]


class AccountStatus(StrEnum):
    """``failing``: the provider refused the key, or did not answer; ``problem`` says which."""

    WORKING = "working"
    FAILING = "failing"


class _WithKey(Sent):
    key: SecretStr = Field(description="As the provider issued it. It is kept sealed, and never shown again")
    base_url: BaseUrl | None = None

    @field_validator("key")
    @classmethod
    def _one_word(cls, key: SecretStr) -> SecretStr:
        plain = key.get_secret_value()
        if not 8 <= len(plain) <= 1000 or not plain.isascii() or not plain.isprintable() or " " in plain:
            raise ValueError("a key is one word of 8 to 1000 ASCII characters")
        return key


class AddProvider(_WithKey):
    """An account with a provider. It is asked at once whether the key is good."""

    model_config = example(kind="heygen", key="sk_V2_…")

    kind: Kind = Field(description="Which provider it is")
    name: AccountName | None = Field(default=None, description="How avatar profiles name it; else its kind")


class ChangeProvider(_WithKey):
    """Another key, as when the old one was rotated; renders that wait go on with it."""

    model_config = example(key="sk_V2_…")


class ProviderOut(BaseModel):
    """An account, without its key."""

    name: str = Field(examples=["heygen"])
    kind: Kind
    base_url: str = Field(examples=["https://api.heygen.com"])
    key_ends: str = Field(description="The last four characters of the key", examples=["x7Qa"])
    status: AccountStatus
    problem: str | None = Field(description="Why it is failing", examples=[None])
    balance: str | None = Field(description="What is left, in the provider's words", examples=["12.5 usd"])
    catalogue: CatalogueOut
    tested_at: datetime | None
    created_at: datetime
    updated_at: datetime
