"""What can be wrong with a request about videos.

TenexError
├── VideoNotFound, UploadNotFound, FileNotFound, JobNotFound, RevisionNotFound, AvatarNotFound   404
├── RenderInProgress     409  the video is being rendered already
├── NotRenderable        409  there is no script to render again
├── VideoReferenced      409  another module uses the video
├── NotReady             409  there is nothing to download yet
├── JobFinished          409  a finished job cannot be cancelled
├── BuiltInAvatar        409  built-in profiles cannot be changed
├── UploadIncomplete     409  parts of an upload are missing, or of another size than announced
├── UploadOver           409  it expired: nothing can be sent to it any more
├── EmptyUpload          400  a file of no bytes
├── UploadTooLarge       413  more bytes than are accepted
├── UnknownProvider      400  no avatar provider of that name is configured
├── UnlistedAvatar       400  the provider does not list an avatar of that id
├── UnlistedVoice        400  likewise a voice
├── AvatarGone           400  the provider listed the avatar once, and does not any more
├── AvatarNotUsable      400  the provider is still making the avatar, or failed to
├── CatalogueNotSynced   409  the provider was never asked what it lists, or did not answer
├── VoiceNeeded          400  the provider has no voice of its own to fall back to
└── InvalidMetadata      400  the merged metadata is too large or too deep
"""

from __future__ import annotations

from app.core.errors import Conflict, InvalidRequest, NotFound, TooLarge


class VideoNotFound(NotFound):
    code = "video_not_found"


class UploadNotFound(NotFound):
    code = "upload_not_found"


class FileNotFound(NotFound):
    code = "file_not_found"


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


class VideoReferenced(Conflict):
    code = "video_referenced"


class NotReady(Conflict):
    code = "not_ready"


class JobFinished(Conflict):
    code = "job_finished"


class BuiltInAvatar(Conflict):
    code = "built_in_avatar"


class UploadIncomplete(Conflict):
    code = "upload_incomplete"


class UploadOver(Conflict):
    code = "upload_expired"


class EmptyUpload(InvalidRequest):
    code = "empty_file"


class UploadTooLarge(TooLarge):
    code = "too_large"


class UnknownProvider(InvalidRequest):
    code = "unknown_provider"


class UnlistedAvatar(InvalidRequest):
    code = "unlisted_avatar"


class UnlistedVoice(InvalidRequest):
    code = "unlisted_voice"


class AvatarGone(InvalidRequest):
    code = "avatar_gone"


class AvatarNotUsable(InvalidRequest):
    code = "avatar_not_usable"


class CatalogueNotSynced(Conflict):
    code = "catalogue_not_synced"


class VoiceNeeded(InvalidRequest):
    code = "voice_needed"


class InvalidMetadata(InvalidRequest):
    code = "invalid_metadata"


class InvalidWebinar(InvalidRequest):
    code = "invalid_webinar"


class InvalidClip(InvalidRequest):
    code = "invalid_clip"


class InvalidTranscript(InvalidRequest):
    code = "invalid_transcript"


class SearchNotFound(NotFound):
    code = "clip_search_not_found"
