# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Compound files: the container of old Office files, and of new ones behind a password ([MS-CFB])."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import olefile

from app.documents.refusals import Corrupt

MAGIC: bytes = olefile.MAGIC
#: [MS-PPT] 2.3.2: the token of an encrypted presentation in its user record.
_ENCRYPTED_USER = b"\xdf\xc4\xd1\xf3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    has_slides: bool
    encrypted: bool


def contents(path: Path, name: str) -> Contents:
    """What a compound file holds. Raises ``Corrupt``."""
    try:
        with path.open("rb") as file, olefile.OleFileIO(file) as container:
            streams = {"/".join(parts) for parts in container.listdir()}
            user = container.openstream("Current User").read(16) if "Current User" in streams else b""
    except (OSError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
        raise Corrupt(f"{name} is an Office file that cannot be opened: {error}. Save it again.") from error
    return Contents(
        has_slides="PowerPoint Document" in streams,
        encrypted="EncryptedPackage" in streams or user[12:16] == _ENCRYPTED_USER,
    )
