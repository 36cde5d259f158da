"""``/openapi.json`` and ``/docs``: complete, true, and without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.errors import TenexError
from app.core.settings import Settings
from app.main import create_app
from tests.docs.test_pages import codes_of


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Nothing is started: neither needs a database."""
    return TestClient(create_app(Settings(data=Path("unused"))))


@pytest.fixture(scope="module")
def operations(client: TestClient) -> list[dict[str, Any]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [
        operation | {"path": path}
        for path, methods in paths.items()
        for operation in methods.values()
        if path.startswith("/api/")
    ]


def test_every_operation_says_what_it_does_and_needs(operations: list[dict[str, Any]]) -> None:
    assert len(operations) >= 20
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        assert operation["security"] == [{"ApiKey": []}]
        assert {"401", "403", "429"} <= operation["responses"].keys()
        assert ("404" in operation["responses"]) >= ("{" in operation["path"])


def test_every_field_that_is_sent_is_shown_by_an_example(client: TestClient, operations: list[dict[str, Any]]) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for operation in operations:
        if "requestBody" in operation:
            sent = operation["requestBody"]["content"]["application/json"]["schema"]
            reference = sent.get("$ref") or sent["anyOf"][0]["$ref"]  # what may be left out is this or null
            schema = schemas[reference.rpartition("/")[2]]
            assert schema["examples"]
            assert set(schema.get("required", [])) <= schema["examples"][0].keys() <= schema["properties"].keys()


def test_the_examples_of_errors_have_codes_that_exist(operations: list[dict[str, Any]]) -> None:
    told = {
        (status, answer["content"]["application/json"]["example"]["code"])
        for operation in operations
        for status, answer in operation["responses"].items()
        if status[0] in "45" and status != "422"
    }
    assert {code for _, code in told} <= codes_of(TenexError)
    assert {code for status, code in told if status == "404"} == {
        "video_not_found",
        "job_not_found",
        "revision_not_found",
        "upload_not_found",
        "file_not_found",
        "clip_search_not_found",
        "avatar_not_found",
        "provider_not_found",
    }


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert not [file for file in files if "//" in file]
    assert {"docs/assets/swagger-ui-bundle.js", "docs/assets/swagger-ui.css"} <= set(files)
    assert all(client.get(f"/{file}").status_code == 200 for file in files if not file.startswith("data:"))
