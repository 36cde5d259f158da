"""What an avatar provider promises, whether it draws here or bills elsewhere and answers in ten minutes.

A take is asked for once (``submit``), watched (``poll``) and brought home (``fetch``). Nothing here waits: the pipeline
sleeps durably between polls and holds no worker meanwhile. Reference: section 7 of the provider contracts.

TenexError
├── ProviderRefused     the provider will not make this take; asking again changes nothing
│   ├── KeyRefused      its key is wrong, expired or revoked
│   ├── OutOfCredits    its account is empty
│   ├── PlanRequired    its plan does not include this, or its key may not do it
│   ├── ContentRejected its policy forbids what is to be said or seen
│   └── ApiRetired      it has shut down the version of its API that is spoken here
├── NotMade             it ran here, and made nothing
├── ProviderBusy        try again later; nothing was accepted
├── AmbiguousSubmit     the request may have arrived: it must be looked up, never sent again blindly
├── ResultUnavailable   the take is made but could not be brought home; fetching again is free
└── ProviderMissing     this process knows no provider of that name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from app.core.errors import TenexError


class ProviderRefused(TenexError):
    status = 502
    code = "provider_refused"


class KeyRefused(ProviderRefused):
    code = "provider_key_refused"


class OutOfCredits(ProviderRefused):
    code = "provider_out_of_credits"


class PlanRequired(ProviderRefused):
    code = "provider_plan_required"


class ContentRejected(ProviderRefused):
    code = "content_rejected"


class ApiRetired(ProviderRefused):
    """Of a take that was asked for before, it says nothing: it may still be made."""

    code = "provider_api_retired"


class NotMade(TenexError):
    """What was to make the take has not, and costs nothing: another may take its place."""

    status = 502
    code = "take_not_made"


class ProviderBusy(TenexError):
    """``wait_s``: how long the provider asks to wait; None when it is not there."""

    status = 503
    code = "provider_busy"
    retryable = True

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AmbiguousSubmit(TenexError):
    status = 502
    code = "ambiguous_submit"


class ResultUnavailable(TenexError):
    status = 502
    code = "result_unavailable"
    retryable = True


class ProviderMissing(TenexError):
    status = 400
    code = "provider_not_configured"


class Delivery(StrEnum):
    """``performance``: speech and its times, drawn by us. ``recording``: a finished MP4 with sound."""

    PERFORMANCE = "performance"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do and how it wants to be treated, as data.

    ``repeatable_s``: for so long a request that is sent again under its reference is answered as the first was.
    ``looks_up``: it can be asked what it has under a reference; where not, a request that may have arrived stays in
    doubt for ever. ``chooses_voice``: its avatars speak with a voice that is named, not with one of their own.
    ``fetch_s``: how long it may take to bring one home, which is long where it is made meanwhile, and
    ``fetches_at_once`` how many a worker brings home at a time; 0: any number. ``settles_s``: so long after a request
    it may not be listed yet. ``shapes``: of the
    pictures it makes, ``16:9`` and the like; ``rate``: their frames a second; none: as it likes. ``most_at_once``,
    ``most_a_minute``: takes it works on, and requests it takes; 0: any number. ``looks_at``: takes it is asked about in
    one call. ``microusd_a_minute``: what a minute costs, in millionths of a dollar.
    ``lists_avatars``, ``lists_voices``: it may be asked which there are; ``unlisted``: how ids begin that are in no
    list and can be used none the less; ``plain_voices``: how a voice may begin and need not, as lists have it.
    ``longer_scripts``: avatars whose ids begin so are given so many characters at a time.
    """

    delivery: Delivery
    by_passage: bool  # one take per passage of the script; else one per scene
    max_script_chars: int
    first_poll_s: float
    longest_poll_s: float
    deadline_s: float
    repeatable_s: float = 0.0
    looks_up: bool = True
    chooses_voice: bool = True
    shapes: tuple[str, ...] = ()
    rate: int | None = None
    most_at_once: int = 0
    most_a_minute: int = 0
    looks_at: int = 1
    microusd_a_minute: int | None = None
    lists_avatars: bool = False
    lists_voices: bool = False
    unlisted: tuple[str, ...] = ()
    plain_voices: str = ""
    fetch_s: float = 600.0
    fetches_at_once: int = 0
    settles_s: float = 0.0
    longer_scripts: tuple[tuple[str, int], ...] = ()

    def script_chars(self, avatar: str) -> int:
        """How much that avatar is given to say at a time."""
        longer = (most for begun, most in self.longer_scripts if avatar.startswith(begun))
        return next(longer, self.max_script_chars)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRequest:
    """One performance to make."""

    script: str
    avatar: str
    voice: str
    background: str
    width: int
    height: int
    fps: Fraction


class TakeState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReport:
    """How far a take is. ``reason`` keeps the provider's own words. ``gone``: it may have been made, and paid for."""

    state: TakeState
    reason: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedTake:
    """A take that is on this machine."""

    path: Path
    duration_ms: int
    cpu_s: float = 0.0


class AvatarProvider(Protocol):
    name: str

    @property
    def capabilities(self) -> Capabilities: ...

    def check(self, *, avatar: str, voice: str, background: str) -> None:
        """Raise a named error when a profile points to something that does not exist. Local and free."""
        ...

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        """All that can change a byte of the take, as plain JSON: the take's fingerprint is made of it."""
        ...

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:
        """Ask for the take and return the provider's id for it.

        ``client_ref`` is stored before the call, unique, and sent as the idempotency key where there is one.
        Raises ``AmbiguousSubmit`` when it is not known whether the request arrived.
        """
        ...

    async def find(self, client_ref: str) -> str | None:
        """The provider's id for what was submitted under ``client_ref``, or None when it never arrived.

        Raises ``AmbiguousSubmit`` where nobody can know (``looks_up``).
        """
        ...

    async def poll(self, provider_id: str) -> TakeReport: ...

    async def poll_many(self, provider_ids: Sequence[str]) -> Mapping[str, TakeReport]:
        """The same of several, no more than it ``looks_at``; in one call, if it can."""
        ...

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:
        """Bring the finished take into ``folder``. May be called again after a failure, at no cost."""
        ...


class OneByOne:
    """For providers who are asked about one take at a time."""

    async def poll(self, provider_id: str) -> TakeReport:
        raise NotImplementedError

    async def poll_many(self, provider_ids: Sequence[str]) -> Mapping[str, TakeReport]:
        return {provider_id: await self.poll(provider_id) for provider_id in provider_ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a vendor says of an account: in its own words, what is left of it."""

    balance: str | None = None


class Providers(Protocol):
    """Who makes takes, for each workspace: those that are built in, and those it has accounts with."""

    def of(self, workspace_id: str) -> Mapping[str, AvatarProvider]: ...


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The same for everybody."""

    all: Mapping[str, AvatarProvider]

    def of(self, workspace_id: str) -> Mapping[str, AvatarProvider]:  # noqa: ARG002 - there is nothing to choose
        return self.all


def configured(providers: Mapping[str, AvatarProvider], name: str) -> AvatarProvider:
    """The provider of that name. Raises ``ProviderMissing``."""
    if name not in providers:
        raise ProviderMissing(
            f"The avatar provider {name} is not configured here. Configure it the same way for the API and for every "
            "worker, or choose another avatar."
        )
    return providers[name]
