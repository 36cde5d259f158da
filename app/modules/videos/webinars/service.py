"""Asking for a webinar, and asking for it again, changed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.modules.videos.errors import NotRenderable
from app.modules.videos.fields import LONGEST_TITLE
from app.modules.videos.models import Kind, Video
from app.modules.videos.references import OURS, References
from app.modules.videos.renders import Ordered, Renders, new_video, video_of
from app.modules.videos.schemas import SetReference
from app.modules.videos.texts import note_names
from app.modules.videos.webinars.drafting import Drafting
from app.modules.videos.webinars.schemas import CreateWebinar


class Webinars:
    def __init__(self, *, renders: Renders, references: References) -> None:
        self._renders, self._references = renders, references

    def create(self, session: Session, workspace_id: str, order: CreateWebinar) -> Ordered:
        """A new webinar. Raises InvalidWebinar, what cannot be found, and what a presenter video raises."""
        drafting = Drafting(session, workspace_id, order, self._renders)
        composition = drafting.composition()
        title = order.title or drafting.deck_title or composition.scenes[0].title or "Webinar"
        video = new_video(workspace_id, title[:LONGEST_TITLE], order.metadata or {}, order.tags, kind=Kind.WEBINAR)
        ordered = self._renders.add(session, video, composition)
        self._refer(session, video, drafting.used)
        return ordered

    def replace(self, session: Session, workspace_id: str, video_id: str, order: CreateWebinar) -> Ordered:
        """A new revision of a webinar, as the order has it: what did not change is not made again.

        Title, metadata and tags stay unless the order has them. Raises VideoNotFound, NotRenderable for what is no
        webinar, RenderInProgress, and as above.
        """
        video = video_of(session, workspace_id, video_id, lock=True)
        if video.kind != Kind.WEBINAR:
            raise NotRenderable("This video is no webinar. POST /api/v1/videos/{id}/renders makes it again.")
        drafting = Drafting(session, workspace_id, order, self._renders)
        ordered = self._renders.replace(session, video, drafting.composition())
        video.title = order.title or video.title
        video.details = video.details if order.metadata is None else order.metadata
        video.tags = list(order.tags) or video.tags
        note_names(session, video)
        self._refer(session, video, drafting.used)
        return ordered

    def _refer(self, session: Session, video: Video, used: Iterable[str]) -> None:
        """Those of earlier revisions stay: they can be restored."""
        for video_id in sorted(used):
            self._references.put(session, video.workspace_id, video_id, OURS, video.id, SetReference(label=video.title))
