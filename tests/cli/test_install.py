"""``make`` in a fresh clone: what it says when Python is not what it has to be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Said

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the installation reads, in a folder with a space in its name."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to be the whole PATH: the tools of a shell, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "make", "uname", "rm", "head", "awk", "touch"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def make(clone: Path, path: Path, *arguments: str) -> Said:
    done = subprocess.run(
        ["make", *arguments], cwd=clone, env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def fake(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_no_python_at_all_is_a_sentence(clone: Path, programs: Path) -> None:
    said = make(clone, programs, "install")
    assert said.code != 0
    assert "Python 3.11 or newer is needed; found none." in said.err
    assert "apt-get install python3" in said.err or "brew install" in said.err


def test_an_old_python_is_named_with_its_version(clone: Path, programs: Path) -> None:
    fake(programs, "python3", 'case $1 in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    said = make(clone, programs, "install")
    assert "Python 3.11 or newer is needed" in said.err
    assert "which is Python 3.9.2" in said.err
    named = make(clone, programs, "install", f"PYTHON={programs / 'python3'}")
    assert f"PYTHON={programs / 'python3'} is Python 3.9.2" in named.err


def test_a_python_without_venv_is_a_sentence_that_names_the_package(clone: Path, programs: Path) -> None:
    # As on Debian without python3-venv: a good Python that cannot import ensurepip.
    lacking = f'case "$2" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac'
    fake(programs, "python3", lacking)
    said = make(clone, programs, "install")
    assert said.code != 0
    assert "has no venv module" in said.err
    assert "apt-get install python3-venv" in said.err
    assert "Traceback" not in said.err
    assert not (clone / ".venv").exists()


def test_what_is_installed_is_not_installed_again(clone: Path, programs: Path) -> None:
    installer = clone / ".ci" / "install"
    installer.write_text('mkdir -p .venv && echo "installing $1"\n')
    (programs / "mkdir").symlink_to(str(shutil.which("mkdir")))
    assert make(clone, programs, "install-dev").out.count("installing .[dev]") == 1
    assert "installing" not in make(clone, programs, "install", "install-dev").out
    later = (clone / "pyproject.toml").stat().st_mtime + 10
    os.utime(clone / "pyproject.toml", (later, later))
    assert "installing ." in make(clone, programs, "install").out


def test_help_lists_every_target(clone: Path, programs: Path) -> None:
    listed = {line.split()[1] for line in make(clone, programs, "help").out.splitlines()}
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY"))
    assert listed == set(phony.split()[1:])
