"""What can be wrong with a request about videos.

TenexError
├── VideoNotFound, JobNotFound, RevisionNotFound, AvatarNotFound   404
├── RenderInProgress     409  the video is being rendered already
├── NotRenderable        409  there is no script to render again
├── NotReady             409  there is nothing to download yet
├── JobFinished          409  a finished job cannot be cancelled
├── BuiltInAvatar        409  built-in profiles cannot be changed
├── UnknownProvider      400  no avatar provider of that name is configured
├── VoiceNeeded          400  the provider has no voice of its own to fall back to
└── InvalidMetadata      400  the merged metadata is too large or too deep
"""

from __future__ import annotations

from app.core.errors import Conflict, InvalidRequest, NotFound


class VideoNotFound(NotFound):
    code = "video_not_found"


class JobNotFound(NotFound):
    code = "job_not_found"


class RevisionNotFound(NotFound):
    code = "revision_not_found"


class AvatarNotFound(NotFound):
    code = "avatar_not_found"


class RenderInProgress(Conflict):
    code = "render_in_progress"


class NotRenderable(Conflict):
    code = "not_renderable"


class NotReady(Conflict):
    code = "not_ready"


class JobFinished(Conflict):
    code = "job_finished"


class BuiltInAvatar(Conflict):
    code = "built_in_avatar"


class UnknownProvider(InvalidRequest):
    code = "unknown_provider"


class VoiceNeeded(InvalidRequest):
    code = "voice_needed"


class InvalidMetadata(InvalidRequest):
    code = "invalid_metadata"
