"""The blob stores that keep what ``app.storage.base`` promises, as names of fixtures."""

from __future__ import annotations

STORES = ["local_store", "s3_store"]
