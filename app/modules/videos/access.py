"""What the endpoints of this module ask for: the caller, and the services."""

from __future__ import annotations

from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel

from app.core.auth import Principal
from app.core.database import Database
from app.core.idempotency import Idempotency
from app.core.pagination import Cursors
from app.modules.accounts.dependencies import caller_with
from app.modules.videos.assets import Videos
from app.modules.videos.avatars import Avatars
from app.modules.videos.clips.service import Clips
from app.modules.videos.clips.transcripts import Transcripts
from app.modules.videos.fields import Instant
from app.modules.videos.files import Files
from app.modules.videos.jobs import Jobs
from app.modules.videos.providers.accounts import ProviderAccounts
from app.modules.videos.providers.catalogues import Catalogues
from app.modules.videos.providers.hooks import ProviderHooks
from app.modules.videos.references import References
from app.modules.videos.renders import Renders
from app.modules.videos.uploads import Uploads
from app.modules.videos.webinars.service import Webinars
from app.speech.voices import VoiceCatalogue

PREFIX = "/api/v1/videos"


class HasVideos(Protocol):
    """What these endpoints need of ``request.app.state.services``."""

    @property
    def database(self) -> Database: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def voices(self) -> VoiceCatalogue: ...
    @property
    def videos(self) -> Videos: ...
    @property
    def references(self) -> References: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def avatars(self) -> Avatars: ...
    @property
    def renders(self) -> Renders: ...
    @property
    def webinars(self) -> Webinars: ...
    @property
    def clips(self) -> Clips: ...
    @property
    def transcripts(self) -> Transcripts: ...
    @property
    def accounts_elsewhere(self) -> ProviderAccounts: ...
    @property
    def provider_hooks(self) -> ProviderHooks: ...
    @property
    def catalogues(self) -> Catalogues: ...
    @property
    def files(self) -> Files: ...
    @property
    def uploads(self) -> Uploads: ...


def services_of(request: Request) -> HasVideos:
    return cast("HasVideos", request.app.state.services)


Services = Annotated[HasVideos, Depends(services_of)]
Reader = Annotated[Principal, Depends(caller_with("videos:read"))]
Writer = Annotated[Principal, Depends(caller_with("videos:write"))]

VideoId = Annotated[str, Path(max_length=100, examples=["01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41"])]
FileId = Annotated[str, Path(max_length=100, examples=["01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41"])]
UploadId = Annotated[str, Path(max_length=100, examples=["01936f2e-8d7a-7c11-9c7e-3f2b8a6d5e41"])]
JobId = Annotated[str, Path(max_length=100, examples=["01936f2e-8d7b-7f02-8e55-aa12bc34de56"])]
AvatarId = Annotated[str, Path(max_length=100, examples=["maya"])]
CreatedAfter = Annotated[
    Instant | None, Query(description="From this instant on (RFC 3339)", examples=["2026-11-01T00:00:00Z"])
]
CreatedBefore = Annotated[
    Instant | None, Query(description="Before this instant (RFC 3339)", examples=["2026-12-01T00:00:00Z"])
]


def body_of(change: BaseModel) -> dict[str, Any]:
    """What a body asks for, as far as it makes two requests the same one."""
    return change.model_dump(mode="json")
