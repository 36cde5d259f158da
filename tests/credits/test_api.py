"""``/api/v1/credits`` as a client meets it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.core.database import Database
from app.core.http import install_edge
from app.core.metrics import Metrics
from app.core.pagination import Cursors
from app.core.settings import Settings
from app.modules.accounts.service import Accounts
from app.modules.credits.router import router
from app.modules.credits.service import Credits
from tests.credits.test_ledger import capture, hold


@dataclass(frozen=True, kw_only=True)
class Services:
    database: Database
    accounts: Accounts
    credits: Credits
    cursors: Cursors


@pytest.fixture
def services(database: Database) -> Services:
    return Services(
        database=database,
        accounts=Accounts(database=database),
        credits=Credits(),
        cursors=Cursors(b"secret"),
    )


@pytest.fixture
def client(services: Services) -> TestClient:
    app = FastAPI()
    app.state.services = services
    app.include_router(router)
    install_edge(app, settings=Settings(), metrics=Metrics())
    return TestClient(app)


def _open(services: Services, *, granted: int = 0, scopes: tuple[str, ...] = ("*",)) -> tuple[str, dict[str, str]]:
    """A workspace, and the headers of its key."""
    with services.database.session_scope() as session:
        workspace_id = services.accounts.create_workspace(session, name="w").id
        made = services.accounts.create_key(session, workspace_id=workspace_id, name="k", scopes=scopes)
        if granted:
            services.credits.grant(session, workspace_id=workspace_id, amount=granted, key="first", note="welcome")
    return workspace_id, {"Authorization": f"Bearer {made.plaintext}"}


def test_credits_show_balance_holds_and_caps(client: TestClient, services: Services) -> None:
    workspace_id, headers = _open(services, granted=100)
    with services.database.session_scope() as session:
        services.credits.set_caps(session, workspace_id=workspace_id, soft_cap=30, hard_cap=None)
    capture(services.database, hold(services.database, workspace_id, 20), 15)
    hold(services.database, workspace_id, 20)
    answer = client.get("/api/v1/credits", headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {
        "available": 65,
        "held": 20,
        "spent": 15,
        "granted": 100,
        "soft_cap": 30,
        "hard_cap": None,
        "soft_cap_reached": True,
        "hard_cap_reached": False,
    }


def test_the_ledger_is_read_to_its_end_by_the_usual_loop(client: TestClient, services: Services) -> None:
    workspace_id, headers = _open(services, granted=100)
    for _ in range(4):
        capture(services.database, hold(services.database, workspace_id, 3), 2)
    items, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/credits/ledger?limit=5&cursor={quote(cursor)}", headers=headers).json()
        items += page["items"]
        cursor = page["next_cursor"]
    assert len(items) == 13
    assert items == sorted(items, key=lambda item: item["id"], reverse=True)
    first = items[-1]
    assert (first["kind"], first["source"], first["target"], first["amount"]) == ("grant", "issued", "available", 100)
    assert (first["note"], first["job_id"]) == ("welcome", None)
    assert first["created_at"].endswith("Z")


def test_a_workspace_sees_its_own_credits_only(client: TestClient, services: Services) -> None:
    _open(services, granted=100)
    _, headers = _open(services)
    assert client.get("/api/v1/credits", headers=headers).json()["available"] == 0
    assert client.get("/api/v1/credits/ledger", headers=headers).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["/api/v1/credits", "/api/v1/credits/ledger"])
def test_credits_need_a_key_that_may_read_them(client: TestClient, services: Services, path: str) -> None:
    unknown = client.get(path)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthorized")
    assert unknown.headers["www-authenticate"] == "Bearer"
    _, headers = _open(services, scopes=("videos:*",))
    refused = client.get(path, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 422), ("limit=x", 422), ("limit=1000", 200), ("cursor=forged", 400), ("cursor=" + "a" * 2001, 422)],
)
def test_what_may_be_asked_of_a_page(client: TestClient, services: Services, query: str, status: int) -> None:
    _, headers = _open(services)
    assert client.get(f"/api/v1/credits/ledger?{query}", headers=headers).status_code == status


def test_the_documentation_says_how_to_authenticate_and_what_comes_back(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["paths"]["/api/v1/credits"]["get"]["security"] == [{"ApiKey": []}]
    schemas = document["components"]["schemas"]
    assert schemas["CreditsOut"]["examples"]
    assert all("description" in schemas[name] for name in ("CreditsOut", "CreditEntryOut"))
