"""Avatar profiles: who can speak. Built-in ones are there for everybody; a workspace adds its own."""

from __future__ import annotations

from datetime import UTC, datetime

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
        return repository.list_avatars(session, workspace_id, page).map(_shown)

    def get(self, session: Session, workspace_id: str, avatar_id: str) -> AvatarOut:
        """Raises AvatarNotFound."""
        return _shown(avatar_of(session, workspace_id, avatar_id))

    def create(self, session: Session, workspace_id: str, wanted: CreateAvatar) -> AvatarOut:
        """Raises UnknownProvider, VoiceNeeded, and what the provider has against it."""
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
        self._complete(profile)
        _check_fallbacks(session, profile)
        session.add(profile)
        session.flush()
        return _shown(profile)

    def change(self, session: Session, workspace_id: str, avatar_id: str, change: ChangeAvatar) -> AvatarOut:
        """Raises AvatarNotFound, BuiltInAvatar, InvalidMetadata, and what the provider has against it."""
        profile = _own(session, workspace_id, avatar_id)
        for name in change.model_fields_set - {"metadata"}:
            setattr(profile, name, getattr(change, name))
        if "metadata" in change.model_fields_set:
            profile.details = patched(profile.details, change.metadata)
        self._complete(profile)
        _check_fallbacks(session, profile)
        profile.updated_at = utc_now()
        session.flush()
        return _shown(profile)

    def remove(self, session: Session, workspace_id: str, avatar_id: str) -> None:
        """Videos that were made with it stay, and can be rendered again. Raises AvatarNotFound, BuiltInAvatar."""
        session.delete(_own(session, workspace_id, avatar_id))
        session.flush()

    def _complete(self, profile: AvatarProfile) -> None:
        """Fill in what was left out, and ask the provider whether it can be used."""
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
        elif not profile.voice_id and profile.provider != STUDIO and provider.capabilities.chooses_voice:
            raise VoiceNeeded(f"{profile.provider} has no voice to fall back to: name one in voice_id.")
        provider.check(avatar=profile.provider_avatar_id, voice=profile.voice_id, background=profile.background)


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


def _own(session: Session, workspace_id: str, avatar_id: str) -> AvatarProfile:
    profile = avatar_of(session, workspace_id, avatar_id)
    if profile.workspace_id is None:
        raise BuiltInAvatar(
            f"{profile.name} is built in and cannot be changed. Make a profile of your own from it: "
            f'POST /api/v1/videos/avatars with "provider_avatar_id": "{profile.provider_avatar_id}".'
        )
    return profile


def _shown(profile: AvatarProfile) -> AvatarOut:
    return AvatarOut(
        id=profile.id,
        name=profile.name,
        built_in=profile.workspace_id is None,
        provider=profile.provider,
        provider_avatar_id=profile.provider_avatar_id,
        voice_id=profile.voice_id,
        background=profile.background,
        fallbacks=profile.fallbacks,
        metadata=profile.details,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )
