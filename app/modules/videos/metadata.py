"""The JSON object that clients keep with a video or a profile, for their own use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

MOST_METADATA_BYTES = 16 * 1024
DEEPEST_METADATA = 16


def metadata_fault(value: Mapping[str, Any]) -> str | None:
    """What makes it unfit to be stored, or None."""
    if _is_deep(value):
        return f"metadata is nested at most {DEEPEST_METADATA} levels deep"
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
    if size > MOST_METADATA_BYTES:
        return f"metadata has at most {MOST_METADATA_BYTES} bytes as JSON; this has {size}"
    return None


def merged(present: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    """The result of a JSON Merge Patch (RFC 7396): a null removes its entry, None in place of the patch all of them."""
    if patch is None:
        return {}
    result = {key: value for key, value in present.items() if patch.get(key, key) is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            below = result.get(key)
            known = cast("dict[str, Any]", below) if isinstance(below, dict) else {}
            result[key] = merged(known, cast("dict[str, Any]", value))
        elif value is not None:
            result[key] = value
    return result


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST_METADATA + 1):
        level = [item for part in level for item in _parts(part)]
    return bool(level)


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []
