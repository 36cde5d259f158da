"""LibreOffice, without a window, a network, macros or links: one conversion at a time, in a folder of its own.

Three things keep it from fetching what a deck links to: links are cut before (``links``), its settings forbid them
(which holds for PPT, whose links cannot be cut, and not for ODP), and where the kernel allows it there is no network.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from app.documents.refusals import ConverterMissing, Corrupt, TooDemanding
from app.media.ffmpeg import die_with_parent

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_LARGEST_OUTPUT = 2_000_000_000
#: A fresh profile makes LibreOffice end at once, asking to be started again.
_START_AGAIN = 81
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Office.Common/Security/Scripting">
    <prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
    <prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
    <prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
  </item>
</oor:items>
"""


def find_office(environment: Mapping[str, str] = os.environ) -> Path:
    """LibreOffice's own program, not the script around it: killing it leaves nothing.

    ``LIBREOFFICE_BINARY`` names another than the one on the path. Raises ``ConverterMissing``.
    """
    named = environment.get("LIBREOFFICE_BINARY", "soffice")
    found = shutil.which(named, path=environment.get("PATH"))
    if found is None:
        raise ConverterMissing(
            "PowerPoint and OpenDocument decks are converted by LibreOffice, which this server does not have. "
            "Export the deck as PDF and upload that, or have it installed: "
            "sudo apt-get install libreoffice-impress fonts-crosextra-carlito fonts-liberation "
            "(macOS: brew install --cask libreoffice)."
        )
    script = Path(found).resolve()
    program = script.with_name("soffice.bin")
    return program if program.exists() else script


def convert(deck: Path, name: str, format_: str, *, deadline_s: float) -> Path:
    """Convert a deck to ``pdf`` or ``pptx`` beside itself. Hidden slides do not become pages.

    Raises ``Corrupt`` when LibreOffice makes nothing of it, ``TooDemanding`` at the deadline, ``ConverterMissing``.
    """
    try:
        with TemporaryDirectory(dir=deck.parent, prefix="libreoffice-") as home:
            words = _run(deck.resolve(), format_, Path(home).resolve(), deadline_s)
    except subprocess.TimeoutExpired as error:
        raise TooDemanding(
            f"LibreOffice did not finish converting {name} within {deadline_s:g} s. Export it as PDF and upload that."
        ) from error
    made = deck.with_suffix(f".{format_}")
    if not made.exists() or made.stat().st_size == 0:
        raise Corrupt(
            f"LibreOffice cannot read {name}: {words or 'it gave no reason'}. Open it in the program that made it "
            "and export it as PDF."
        )
    return made


def _run(deck: Path, format_: str, home: Path, deadline_s: float) -> str:
    """Start it with a profile of its own, and again when it asks for that; its last words."""
    settings = home / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_SETTINGS)
    command = (
        str(find_office()),
        f"-env:UserInstallation={(home / 'profile').as_uri()}",
        *("--headless", "--norestore", "--convert-to", format_, "--outdir", str(deck.parent), str(deck)),
    )
    own = {"HOME": str(home), "TMPDIR": str(home), "PATH": os.defpath}
    environment = own | {"LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}

    def started() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline_s,
            check=False,
            env=environment,
            preexec_fn=_confine,
        )

    done = started()
    if done.returncode == _START_AGAIN:
        done = started()
    return done.stderr.decode("utf-8", "replace").strip()[-300:]


def _confine() -> None:
    """In the new process: die with the parent, write no endless file, and see no network where that can be had."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_OUTPUT, _LARGEST_OUTPUT))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
