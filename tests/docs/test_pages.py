"""What the pages say is there, is there: commands, options, targets, files, links, error codes."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.main import get_command

import app.main  # noqa: F401 - all error codes
from app.avatars.engines.listed import read_engines
from app.cli import build
from app.core.errors import TenexError
from tests.docs.pages import PAGES, ROOT, Block, blocks_of, commands_of

BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SHELL = [block for block in BLOCKS if block.language in ("sh", "console")]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:app|tests|docs|bench|migrations|examples|\.ci)/[\w./-]*)`")
_TENEX = re.compile(r"(?:^|[|(]\s*)tenex ([^|)]*)")
_PLACEHOLDER = re.compile(r"<\w+>")


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_in_a_language_that_is_checked(block: Block, tmp_path: Path) -> None:
    assert block.language in {"sh", "console", "json", "python", "toml", ""}
    if block.language == "json":
        json.loads(block.text)
    if block.language == "toml":
        (tmp_path / "engines.toml").write_text(block.text)
        assert read_engines(tmp_path / "engines.toml")
    if block.language == "python":
        compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_every_tenex_command_takes_what_it_is_given(block: Block) -> None:
    for command in commands_of(block):
        for found in _TENEX.finditer(command):
            _parse(shlex.split(_PLACEHOLDER.sub("x", found[1])))


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_every_make_target_exists(block: Block) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found[1] for command in commands_of(block) if (found := re.match(r"make ([a-z-]+)", command))}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = {urlsplit(target).path for target in _LINK.findall(page.read_text()) if "://" not in target}
    assert [target for target in sorted(targets) if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    assert [path for path in sorted(set(_PATH.findall(page.read_text()))) if not (ROOT / path).exists()] == []


def test_every_error_code_of_the_table_is_one_of_the_api() -> None:
    rows = re.findall(r"^\| \d{3} \| (.*?) \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    named = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    assert len(named) > 15
    assert named - codes_of(TenexError) == set()


def _parse(arguments: list[str]) -> None:
    """As far as the command line reads its arguments, without doing anything. Raises for what it would refuse."""
    command = get_command(build())
    while hasattr(command, "commands"):
        group = command.make_context("tenex", [], resilient_parsing=True)
        _, command, arguments = command.resolve_command(group, arguments)
    command.make_context(command.name, arguments)


def codes_of(kind: type[TenexError]) -> set[str]:
    return {kind.code}.union(*(codes_of(leaf) for leaf in kind.__subclasses__()))
