"""Workspaces, keys and credits from the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.auth import KeyText
from app.core.database import Database
from app.core.errors import Unauthorized
from app.core.settings import Settings
from app.modules.accounts.service import Accounts
from tests.cli.conftest import Tenex


def test_a_new_workspace_has_credits_and_a_key_that_opens_it(tenex: Tenex, data: Path) -> None:
    made = tenex("workspace", "create", "Acme", "--credits", "50", "--json").document
    database = Database(Settings(data=data).database)
    principal = Accounts(database=database).authenticate(f"Bearer {made['api_key']}")
    database.close()
    assert principal.workspace_id == made["id"]
    assert [(one["name"], one["credits"]) for one in tenex("workspace", "list", "--json").document] == [("Acme", 50)]


def test_a_revoked_key_opens_nothing(tenex: Tenex, data: Path) -> None:
    tenex("workspace", "create", "Acme")
    key = tenex("keys", "create", "Acme", "--name", "robot", "--scope", "videos:read", "--json").document
    assert key["scopes"] == ["videos:read"]
    assert tenex("keys", "revoke", "Acme", key["prefix"]).code == 0
    database = Database(Settings(data=data).database)
    with pytest.raises(Unauthorized):
        Accounts(database=database).authenticate(f"Bearer {key['api_key']}")
    database.close()
    assert key["api_key"] not in tenex("keys", "list", "Acme").out
    assert KeyText.parse(key["api_key"]) is not None


def test_the_same_grant_twice_is_given_once_and_the_ledger_shows_it(tenex: Tenex) -> None:
    tenex("workspace", "create", "Acme")
    for _ in range(2):
        assert tenex("credits", "grant", "Acme", "100", "--key", "invoice-7", "--note", "November").code == 0
    assert tenex("credits", "balance", "Acme", "--json").document["available"] == 100
    assert [entry["note"] for entry in tenex("credits", "ledger", "Acme", "--json").document] == ["November"]
    capped = tenex("credits", "cap", "Acme", "--hard", "0", "--json").document
    assert capped["hard_cap_reached"]


def test_an_unknown_workspace_is_answered_with_those_that_exist(tenex: Tenex) -> None:
    tenex("workspace", "create", "Acme")
    said = tenex("credits", "balance", "Acmee")
    assert (said.code, said.out) == (3, "")
    assert "Acmee" in said.err
    assert re.search(r"Workspaces here: Acme$", said.err.strip())
    machine = tenex("credits", "balance", "Acmee", "--json")
    assert (machine.code, machine.document["error"]["code"]) == (3, "not_found")


def test_two_workspaces_of_one_name_are_told_apart_by_their_ids(tenex: Tenex) -> None:
    ids = {tenex("workspace", "create", "Twin", "--json").document["id"] for _ in range(2)}
    said = tenex("keys", "list", "Twin")
    assert said.code == 3
    assert all(one in said.err for one in ids)
    assert tenex("keys", "list", ids.pop()).code == 0
