"""What all vendors have in common: a request that costs money, a state that is asked for, and a link to fetch.

No answer, and answers that are none, change nothing: a take only ends where the vendor says so. Links are asked for
anew each time, since they expire. Its key goes to the vendor alone, never to where its files are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from app.avatars.base import (
    AmbiguousSubmit,
    ApiRetired,
    Capabilities,
    ContentRejected,
    Delivery,
    FetchedTake,
    KeyRefused,
    OneByOne,
    OutOfCredits,
    PlanRequired,
    ProviderBusy,
    ProviderRefused,
    ResultUnavailable,
    Standing,
    TakeReport,
    TakeRequest,
    TakeState,
)
from app.avatars.catalogue import CatalogueNotOffered, Listed
from app.avatars.vendors.hooks import Signature
from app.avatars.vendors.wire import Json, Said, Wire
from app.core.outbound import Outbound, SourceRefused, SourceTooLarge

_MOST_BYTES = 4 * 1024**3
#: So many pauses between looks after a request, what is not listed has never arrived.
_SETTLES = 6
#: At a time: hundreds that are made in the same moment must not fill the memory.
_FETCHES = 4
_SHAPES = {Fraction(16, 9): "16:9", Fraction(9, 16): "9:16", Fraction(1): "1:1", Fraction(4, 5): "4:5"}
#: Of vendors that make pictures of any shape there is here.
ALL_SHAPES = tuple(_SHAPES.values())
_TITLE = "10ex "
_GONE = "It is not there any more: somebody has deleted it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed between an account and its vendor; None: what is usual."""

    most_at_once: int | None = None
    most_a_minute: int | None = None
    microusd_a_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A take, as its vendor shows it. ``link``: where its file is, once it is made. ``gone``: it was deleted there."""

    state: TakeState
    link: str | None = None
    reason: str = ""
    gone: bool = False


def recording(*, first_poll_s: float, longest_poll_s: float, deadline_s: float, **more: Any) -> Capabilities:
    return Capabilities(
        delivery=Delivery.RECORDING,
        by_passage=False,
        first_poll_s=first_poll_s,
        longest_poll_s=longest_poll_s,
        deadline_s=deadline_s,
        fetches_at_once=_FETCHES,
        **more,
    )


class Remote(OneByOne, ABC):
    """``first_poll_s``: how soon it is asked how far a take is, at the latest. ``call_at``: where the vendor may call
    when that has changed.
    """

    #: What people call it.
    vendor: ClassVar[str]
    base_url: ClassVar[str]
    known: ClassVar[Capabilities]
    #: HTTP answers and words in codes that mean more than "refused".
    key_refused: ClassVar[tuple[int, ...]] = (401,)
    money: ClassVar[tuple[str, ...]] = ()
    plan: ClassVar[tuple[str, ...]] = ()
    content: ClassVar[tuple[str, ...]] = ()
    #: How it signs its calls, if it does.
    signature: ClassVar[Signature | None] = None
    #: What to do once it has shut down this version of its API.
    successor: ClassVar[str] = "Bring this server up to date, or choose an avatar of another provider."

    def __init__(
        self,
        *,
        name: str,
        key: str,
        base_url: str,
        outbound: Outbound,
        first_poll_s: float,
        terms: Terms | None = None,
        call_at: str | None = None,
    ) -> None:
        self.name, self._key, self._terms, self._call_at = name, key, terms or Terms(), call_at
        self._outbound = outbound
        self._wire = Wire(name=name, base_url=base_url, headers=self._headers(key), outbound=outbound)
        self._first_poll_s = first_poll_s

    @property
    def capabilities(self) -> Capabilities:
        first = min(self.known.first_poll_s, self._first_poll_s)
        longest = min(self.known.longest_poll_s, 6 * first)
        settles = self.known.settles_s or _SETTLES * first
        agreed = {name: value for name, value in asdict(self._terms).items() if value is not None}
        return replace(self.known, first_poll_s=first, longest_poll_s=longest, settles_s=settles, **agreed)

    def _call_back(self, field: str) -> Json:
        """Of a request: where the vendor may call about it, under its name for that; nothing if it is not to call."""
        return {field: self._call_at} if self._call_at else {}

    # what differs ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def check(self, *, avatar: str, voice: str, background: str) -> None: ...

    @abstractmethod
    def _headers(self, key: str) -> Mapping[str, str]: ...

    @abstractmethod
    def _asked(self, request: TakeRequest) -> tuple[str, Json]:
        """Where a take is asked for, and with what, but for its reference."""

    @abstractmethod
    def _named(self, client_ref: str) -> tuple[Json, Mapping[str, str]]:
        """What carries the reference: fields of the request, and headers."""

    @staticmethod
    @abstractmethod
    def called_about(told: Json) -> tuple[str | None, ...]:
        """What its calls say of a take: our ids of it, and the reference."""

    @abstractmethod
    def _id_in(self, said: Said, path: str) -> str | None:
        """Of a take that was accepted at ``path``."""

    @abstractmethod
    def _place(self, provider_id: str) -> str:
        """Where a take is seen."""

    @abstractmethod
    def _seen(self, told: Json) -> Seen: ...

    @abstractmethod
    def _fault(self, said: Said) -> tuple[str, str]:
        """The code and the words of an answer that is no success."""

    @abstractmethod
    async def find(self, client_ref: str) -> str | None: ...

    @abstractmethod
    async def standing(self) -> Standing: ...

    def list_avatars(self) -> AsyncIterator[Listed]:
        """All of them, in pages. Raises CatalogueNotOffered, ListingUnusable, and what a refusal means."""
        raise CatalogueNotOffered(f"{self.name} has no list of its avatars. Take their ids from its own pages.")

    def list_voices(self) -> AsyncIterator[Listed]:
        """Likewise."""
        raise CatalogueNotOffered(f"{self.name} has no list of its voices. Take their ids from its own pages.")

    # what does not ---------------------------------------------------------------------------------------------------

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        path, body = self._asked(request)
        return {"vendor": type(self).__name__, "path": path, **body}

    async def submit(self, request: TakeRequest, *, client_ref: str) -> str:
        path, body = self._asked(request)
        fields, headers = self._named(client_ref)
        said = await self._wire.submit(path, body | fields, headers)
        if said.status == 409:
            raise AmbiguousSubmit(f"{self.name} is still working on the first request of this take.")
        if not said.ok:
            raise self._refusal(said)
        provider_id = self._id_in(said, path)
        if not provider_id:
            raise AmbiguousSubmit(f"{self.name} took the request and did not name the video.")
        return provider_id

    async def poll(self, provider_id: str) -> TakeReport:
        try:
            said = await self._wire.read(self._place(provider_id))
        except ProviderBusy as error:
            return TakeReport(state=TakeState.WAITING, reason=str(error))
        if said.status == 404:
            return TakeReport(state=TakeState.FAILED, reason=_GONE, gone=True)
        if said.status in (*self.key_refused, 402, 403, 410):
            raise self._refusal(said)
        seen = self._seen(said.told)
        if seen.state is TakeState.READY and not seen.link:
            return TakeReport(state=TakeState.WAITING, reason="made, and not there yet")
        return TakeReport(state=seen.state, reason=self._plain(seen.reason), gone=seen.gone)

    async def fetch(self, provider_id: str, request: TakeRequest, folder: Path) -> FetchedTake:  # noqa: ARG002
        try:
            said = await self._wire.read(self._place(provider_id))
        except ProviderBusy as error:
            raise ResultUnavailable(f"The take is made, and {error}") from error
        if said.status in (*self.key_refused, 403, 410):
            raise self._refusal(said)
        link = self._seen(said.told).link
        if not link:
            raise ResultUnavailable(f"{self.name} says that the take is made, and names no file yet.")
        path = folder / "take.mp4"
        try:
            await self._outbound.fetch(link, path, most_bytes=_MOST_BYTES)
        except (SourceRefused, SourceTooLarge) as error:
            raise ResultUnavailable(f"The take at {self.name} could not be fetched. {error}") from error
        return FetchedTake(path=path, duration_ms=0)

    async def _listed(self, path: str) -> Json:
        """What costs nothing to ask. Raises what a refusal means."""
        said = await self._wire.read(path)
        if not said.ok:
            raise self._refusal(said)
        return said.told

    def _plain(self, words: str) -> str:
        """Without the key, should a vendor quote it."""
        return words.replace(self._key, "…")

    def _refusal(self, said: Said) -> ProviderRefused | ProviderBusy:
        """What an answer that is no success means, with the vendor's own words."""
        code, words = self._fault(said)
        told = self._plain(f"{self.name}: {words or 'no reason given'} ({code or said.status}).")
        if said.status == 410:
            return ApiRetired(
                f"{told} {self.vendor} has retired this version of its API (HTTP 410). A take that was asked for "
                f"before may still be made there: look in its own pages. {self.successor}"
            )
        if said.status in self.key_refused:
            return KeyRefused(f"{told} Send a good key: PUT /api/v1/videos/providers/{self.name}.")
        if said.status == 403 or code in self.plan:
            return PlanRequired(
                f"{told} Its plan there does not include this, or its key may not do it: change the plan, the key or "
                f"the avatar profile, then render again."
            )
        if said.status == 402 or code in self.money:
            return OutOfCredits(f"{told} Add credits there, then render again.")
        if said.status == 429 or said.status >= 500 or said.status < 400:
            return ProviderBusy(told, wait_s=said.wait_s if said.status == 429 else None)
        if said.status == 451 or any(each in code for each in self.content):
            return ContentRejected(f"{told} Change the script, then render again.")
        return ProviderRefused(told)


def state_in(states: Mapping[str, TakeState], status: object) -> TakeState:
    """What nobody knows changes nothing."""
    return states.get(status, TakeState.WAITING) if isinstance(status, str) else TakeState.WAITING


def shape_of(request: TakeRequest) -> str | None:
    """``16:9`` and the like; None for a shape without a name."""
    return _SHAPES.get(Fraction(request.width, request.height))


def ref_in(title: object) -> str | None:
    """The reference in a title of ours."""
    return str(title).removeprefix(_TITLE) if str(title).startswith(_TITLE) else None


def title_of(client_ref: str) -> str:
    """By which people find a take in the vendor's own pages."""
    return f"{_TITLE}{client_ref}"
