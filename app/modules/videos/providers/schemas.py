"""What clients send and see of accounts with avatar providers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
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


class ChangeTerms(Sent):
    """What is agreed with the provider; what is left out stays, and null is what is usual for its kind."""

    model_config = example(most_at_once=20, usd_per_minute=3.5)

    most_at_once: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="Takes it works on at once; 0 for any number"
    )
    most_per_minute: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="Requests it takes in a minute; 0 for any number"
    )
    usd_per_minute: Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=6)] | None = Field(
        default=None, description="What a minute of video costs there, in US dollars"
    )
    hook_secret: SecretStr | None = Field(
        default=None, description="With which it signs its calls to `hook_url`, as it was shown there; kept sealed"
    )

    @field_validator("hook_secret")
    @classmethod
    def _not_long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not 8 <= len(secret.get_secret_value()) <= 1000:
            raise ValueError("a secret has 8 to 1000 characters")
        return secret


class ProviderOut(BaseModel):
    """An account, without its key."""

    name: str = Field(examples=["heygen"])
    kind: Kind
    base_url: str = Field(examples=["https://api.heygen.com"])
    key_ends: str = Field(description="The last four characters of the key", examples=["x7Qa"])
    status: AccountStatus
    problem: str | None = Field(description="Why it is failing", examples=[None])
    balance: str | None = Field(description="What is left, in the provider's words", examples=["12.5 usd"])
    most_at_once: int = Field(description="Takes it works on at once, as told or as usual; 0: any number")
    most_per_minute: int = Field(description="Requests it takes in a minute; 0: any number")
    usd_per_minute: float | None = Field(description="What a minute costs there; null if that is not known")
    usual_seconds: int | None = Field(description="After which half of its latest takes were made")
    slow_seconds: int | None = Field(description="After which nine in ten of them were")
    hook_url: str = Field(
        description="Where it may call when a take has changed: register it there. Providers that take an address with "
        "each request are given it, if it is https"
    )
    hook_signed: bool = Field(description="Whether calls have to be signed with the `hook_secret`")
    catalogue: CatalogueOut
    tested_at: datetime | None
    created_at: datetime
    updated_at: datetime
