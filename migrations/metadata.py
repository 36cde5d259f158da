"""Every table of the project, in one metadata: what the migrations have to lead to."""

from __future__ import annotations

import app.core.chores
import app.core.idempotency
import app.modules.accounts.models
import app.modules.credits.models
import app.modules.videos.models
import app.modules.videos.providers.models  # noqa: F401
from app.core.database import Base

metadata = Base.metadata
