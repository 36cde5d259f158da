"""Avatar profiles: who can speak. Built-in ones are there for everybody; a workspace adds its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import Providers
from app.avatars.studio.cast import CAST, Character
from app.core.clock import utc_now
from app.core.database import insert_if_absent
from app.core.errors import InvalidRequest
from app.core.ids import new_id
from app.core.pagination import PageRequest, Slice
from app.modules.videos import repository
from app.modules.videos.assets import patched
from app.modules.videos.errors import BuiltInAvatar, UnknownProvider, VoiceNeeded
from app.modules.videos.models import AvatarProfile
from app.modules.videos.providers.listed_profiles import default_voice, problems, require_avatar, require_voice
from app.modules.videos.renders import avatar_of
from app.modules.videos.schemas import AvatarOut, ChangeAvatar, CreateAvatar
from app.speech.builtin import ESPEAK_VOICES

STUDIO = "studio"
#: One instant for all, so that their place in lists never changes.
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
#: Chosen by ear; a presenter who is not here speaks with the first voice of the same gender.
_VOICES = {
    "maya": "espeak-en-us-clara",
    "daniel": "espeak-en-us-miles",
    "amara": "espeak-en-us-grace",
    "omar": "espeak-en-us-frank",
    "leila": "espeak-en-us-clara",
    "helen": "espeak-en-gb-alice",
    "kenji": "espeak-en-us-miles",
    "mei": "espeak-en-us-grace",
    "fiona": "espeak-en-gb-ruth",
}


class Avatars:
    def __init__(self, *, providers: Providers) -> None:
        self._providers = providers

    def list(self, session: Session, workspace_id: str, page: PageRequest) -> Slice[AvatarOut]:
        """The workspace's own, newest first, then the built-in ones."""
        found = repository.list_avatars(session, workspace_id, page)
        shown = self._all_shown(session, workspace_id, found.rows)
        return Slice(rows=shown, next=found.next, of=found.of)

    def get(self, session: Session, workspace_id: str, avatar_id: str) -> AvatarOut:
        """Raises AvatarNotFound."""
        return self._shown(session, workspace_id, avatar_of(session, workspace_id, avatar_id))

    def create(self, session: Session, workspace_id: str, wanted: CreateAvatar) -> AvatarOut:
        """Raises UnknownProvider, VoiceNeeded, what the provider has against it, and for what it does not list."""
        moment = utc_now()
        profile = AvatarProfile(
            id=new_id(),
            workspace_id=workspace_id,
            name=wanted.name,
            provider=wanted.provider,
            provider_avatar_id=wanted.provider_avatar_id,
            voice_id=wanted.voice_id or "",
            background=wanted.background or "",
            fallbacks=list(wanted.fallbacks),
            details=wanted.metadata,
            created_at=moment,
            updated_at=moment,
        )
        self._complete(session, profile, named={"provider_avatar_id", "voice_id"})
        _check_fallbacks(session, profile)
        session.add(profile)
        session.flush()
        return self._shown(session, workspace_id, profile)

    def change(self, session: Session, workspace_id: str, avatar_id: str, change: ChangeAvatar) -> AvatarOut:
        """Raises AvatarNotFound, BuiltInAvatar, InvalidMetadata, and as ``create`` does."""
        profile = _own(session, workspace_id, avatar_id)
        for name in change.model_fields_set - {"metadata"}:
            setattr(profile, name, getattr(change, name))
        if "metadata" in change.model_fields_set:
            profile.details = patched(profile.details, change.metadata)
        self._complete(session, profile, named=change.model_fields_set)
        _check_fallbacks(session, profile)
        profile.updated_at = utc_now()
        session.flush()
        return self._shown(session, workspace_id, profile)

    def remove(self, session: Session, workspace_id: str, avatar_id: str) -> None:
        """Videos that were made with it stay, and can be rendered again; nobody falls back on it any more.

        Raises AvatarNotFound, BuiltInAvatar.
        """
        session.delete(_own(session, workspace_id, avatar_id))
        others = sa.select(AvatarProfile).where(AvatarProfile.workspace_id == workspace_id)
        for profile in session.scalars(others):
            if avatar_id in profile.fallbacks:
                profile.fallbacks = [each for each in profile.fallbacks if each != avatar_id]
        session.flush()

    def _complete(self, session: Session, profile: AvatarProfile, *, named: Collection[str]) -> None:
        """Fill in what was left out, and see whether it can be used. What is ``named`` has to be there: what was there
        before may have gone since, and be given another name none the less.
        """
        providers = self._providers.of(profile.workspace_id or "")
        provider = providers.get(profile.provider)
        if provider is None:
            raise UnknownProvider(
                f"There is no avatar provider {profile.provider!r} here. "
                f"Choose one of: {', '.join(sorted(providers))}.",
                extra={"available": sorted(providers)},
            )
        presenter = CAST.get(profile.provider_avatar_id) if profile.provider == STUDIO else None
        if presenter is not None:
            profile.voice_id = profile.voice_id or voice_of(presenter)
            profile.background = profile.background or presenter.default_backdrop
        if "provider_avatar_id" in named:
            require_avatar(session, profile, provider.capabilities)
        if "voice_id" in named:
            require_voice(session, profile, provider.capabilities)
        profile.voice_id = profile.voice_id or default_voice(session, profile)
        if not profile.voice_id and profile.provider != STUDIO and provider.capabilities.chooses_voice:
            raise VoiceNeeded(f"{profile.provider} has no voice to fall back to: name one in voice_id.")
        provider.check(avatar=profile.provider_avatar_id, voice=profile.voice_id, background=profile.background)

    def _shown(self, session: Session, workspace_id: str, profile: AvatarProfile) -> AvatarOut:
        return self._all_shown(session, workspace_id, [profile])[0]

    def _all_shown(self, session: Session, workspace_id: str, profiles: Sequence[AvatarProfile]) -> list[AvatarOut]:
        elsewhere = [profile for profile in profiles if profile.workspace_id and profile.provider != STUDIO]
        if not elsewhere:
            return [_shown(profile, None) for profile in profiles]
        known, faults = self._providers.of(workspace_id), problems(session, workspace_id, elsewhere)
        missing = {profile.id: _no_account(profile) for profile in elsewhere if profile.provider not in known}
        return [_shown(profile, missing.get(profile.id) or faults.get(profile.id)) for profile in profiles]


def ensure_built_in(session: Session) -> None:
    """Bring the built-in profiles up to date. Idempotent, and safe when several processes start at once."""
    for presenter in CAST.values():
        values = {
            "name": presenter.name,
            "provider": STUDIO,
            "provider_avatar_id": presenter.id,
            "voice_id": voice_of(presenter),
            "background": presenter.default_backdrop,
        }
        present = session.get(AvatarProfile, presenter.id)
        if present is None:
            dates = {"created_at": _SINCE, "updated_at": _SINCE}
            insert_if_absent(session, AvatarProfile, id=presenter.id, workspace_id=None, details={}, **values, **dates)
            continue
        for name, value in values.items():
            setattr(present, name, value)
    session.flush()


def voice_of(presenter: Character) -> str:
    """The voice a built-in presenter has unless another is asked for: always there, whatever is installed."""
    same_gender = (voice.id for voice in ESPEAK_VOICES if voice.gender == presenter.gender)
    return _VOICES.get(presenter.id) or next(same_gender)


def _check_fallbacks(session: Session, profile: AvatarProfile) -> None:
    """Raises AvatarNotFound, InvalidRequest."""
    for fallback in profile.fallbacks:
        avatar_of(session, profile.workspace_id or "", fallback)
    if profile.id in profile.fallbacks or len(set(profile.fallbacks)) < len(profile.fallbacks):
        raise InvalidRequest("A profile falls back on others, and on each of them once.")


def _no_account(profile: AvatarProfile) -> str:
    return f"There is no avatar provider {profile.provider} here any more. Add the account again, or choose another."


def _own(session: Session, workspace_id: str, avatar_id: str) -> AvatarProfile:
    profile = avatar_of(session, workspace_id, avatar_id)
    if profile.workspace_id is None:
        raise BuiltInAvatar(
            f"{profile.name} is built in and cannot be changed. Make a profile of your own from it: "
            f'POST /api/v1/videos/avatars with "provider_avatar_id": "{profile.provider_avatar_id}".'
        )
    return profile


def _shown(profile: AvatarProfile, problem: str | None) -> AvatarOut:
    return AvatarOut(
        id=profile.id,
        name=profile.name,
        built_in=profile.workspace_id is None,
        provider=profile.provider,
        provider_avatar_id=profile.provider_avatar_id,
        voice_id=profile.voice_id,
        background=profile.background,
        fallbacks=profile.fallbacks,
        problem=problem,
        metadata=profile.details,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )
