"""What catalogues say of avatar profiles: whether there is such an avatar, whether it still is, and how it speaks.

A list that was never seen whole says nothing. Nobody is asked here: what is known is what was listed last.
"""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.avatars.base import Capabilities
from app.avatars.catalogue import ListKind, Readiness, as_listed
from app.core.errors import TenexError
from app.modules.videos.errors import AvatarGone, AvatarNotUsable, UnlistedAvatar, UnlistedVoice
from app.modules.videos.models import AvatarProfile
from app.modules.videos.providers.entries import ListName, avatars_of, entry_of, listing_of, names_in
from app.modules.videos.providers.models import CatalogueEntry

_CLOSE, _NEAR_ENOUGH, _LIKELY = 3, 0.6, 100


def require_avatar(session: Session, profile: AvatarProfile, known: Capabilities) -> None:
    """Raises UnlistedAvatar, and AvatarGone. One that is not ready yet may have its profile already."""
    wanted = as_listed(profile.provider_avatar_id)
    if not wanted.startswith(known.unlisted or ("\0",)):
        _require(session, _list_of(profile, ListKind.AVATAR), wanted, UnlistedAvatar)


def require_voice(session: Session, profile: AvatarProfile, known: Capabilities) -> None:
    """Raises UnlistedVoice."""
    if profile.voice_id:
        voice = profile.voice_id.removeprefix(known.plain_voices)
        _require(session, _list_of(profile, ListKind.VOICE), voice, UnlistedVoice)


def default_voice(session: Session, profile: AvatarProfile) -> str:
    """The one its avatar speaks with unless another is named; nothing where none is known."""
    entry = entry_of(session, _list_of(profile, ListKind.AVATAR), as_listed(profile.provider_avatar_id))
    return (entry.default_voice or "") if entry is not None else ""


def refuse_unusable(session: Session, workspace_id: str, provider: str, avatar: str) -> None:
    """Raises AvatarGone, AvatarNotUsable."""
    name = ListName(workspace_id=workspace_id, provider=provider, kind=ListKind.AVATAR)
    entry = entry_of(session, name, as_listed(avatar))
    fault = None if entry is None else _fault(entry)
    if fault is not None:
        raise fault


def problems(session: Session, workspace_id: str, profiles: Collection[AvatarProfile]) -> Mapping[str, str]:
    """By the id of a profile: why nothing can be rendered with it now."""
    named = {
        profile.id: (profile.provider, as_listed(profile.provider_avatar_id))
        for profile in profiles
        if profile.workspace_id
    }
    known = avatars_of(session, workspace_id, set(named.values()))
    faults = {id_: _fault(known[place]) for id_, place in named.items() if place in known}
    return {id_: fault.message for id_, fault in faults.items() if fault is not None}


def _fault(entry: CatalogueEntry) -> TenexError | None:
    told = f"the avatar “{entry.provider_id}” ({entry.name})"
    if entry.gone_at is not None:
        return AvatarGone(
            f"{entry.provider} does not list {told} any more; it was last seen on {_day(entry.verified_at)}. "
            f"Choose another avatar. If it is back there: {_sync(entry.provider)}, then ask again.",
            extra={"last_seen_at": entry.verified_at.isoformat()},
        )
    if entry.readiness != Readiness.READY.value:
        state = "failed to make" if entry.readiness == Readiness.FAILED.value else "has not finished"
        return AvatarNotUsable(
            f"{entry.provider} {state} {told}: {entry.reason or entry.readiness}, as of {_day(entry.verified_at)}. "
            f"Once it is ready there: {_sync(entry.provider)}, then ask again."
        )
    return None


def _require(session: Session, name: ListName, wanted: str, kind: type[TenexError]) -> None:
    listing = listing_of(session, name)
    if listing is None or listing.verified_at is None:
        return
    entry = entry_of(session, name, wanted)
    if entry is None or (entry.gone_at is not None and name.kind is ListKind.VOICE):
        close = _close(wanted, names_in(session, name))
        meant = f" Did you mean {', '.join(f'“{id_}” ({title})' for id_, title in close)}?" if close else ""
        raise kind(
            f"{name.provider} lists no {name.kind.value} “{wanted}”, as of {_day(listing.verified_at)}.{meant} See "
            f"GET /api/v1/videos/providers/{name.provider}/{name.kind.value}s. If it is new there: "
            f"{_sync(name.provider)}, then ask again.",
            extra={"close": [id_ for id_, _ in close]},
        )
    if entry.gone_at is not None:
        fault = _fault(entry)
        assert fault is not None
        raise fault


def _close(wanted: str, names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those whose id or name is nearly what was asked for, the nearest first."""
    asked = wanted.casefold()
    spelled = {each.casefold(): (id_, title) for id_, title in names for each in (title, id_)}
    # Comparing all of five thousand takes half a second: only those are that share most pairs of letters.
    pairs = {asked[start : start + 2] for start in range(len(asked) - 1)}

    def shared(each: str) -> float:
        return sum(pair in each for pair in pairs) / (len(pairs) + len(each))

    likely = heapq.nlargest(_LIKELY, spelled, key=shared) if pairs else ()
    found = difflib.get_close_matches(asked, likely, n=2 * _CLOSE, cutoff=_NEAR_ENOUGH)
    return list(dict.fromkeys(spelled[each] for each in found))[:_CLOSE]


def _list_of(profile: AvatarProfile, kind: ListKind) -> ListName:
    return ListName(workspace_id=profile.workspace_id or "", provider=profile.provider, kind=kind)


def _sync(provider: str) -> str:
    return f"POST /api/v1/videos/providers/{provider}/catalogue/sync"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
