"""Keys open their own workspace, until they are revoked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.core.auth import JwtVerifier
from app.core.database import Database
from app.core.errors import Unauthorized
from app.core.ids import new_id
from app.modules.accounts.models import ApiKey
from app.modules.accounts.service import Accounts, InvalidName, KeyNotFound, NewKey, WorkspaceNotFound

SHARED = "a shared key of more than 32 bytes, as HS256 wants"


@dataclass
class Office:
    database: Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def accounts(self) -> Accounts:
        verifier = JwtVerifier(SecretStr(SHARED), algorithm="HS256")
        return Accounts(database=self.database, jwt=verifier, clock=lambda: self.now)

    def open_workspace(self, name: str = "Acme") -> str:
        with self.database.session_scope() as session:
            return self.accounts.create_workspace(session, name=name).id

    def make_key(self, workspace_id: str, **options: object) -> NewKey:
        with self.database.session_scope() as session:
            return self.accounts.create_key(session, workspace_id=workspace_id, name="ci", **options)  # type: ignore[arg-type]

    def revoke(self, workspace_id: str, key_id: str) -> ApiKey:
        with self.database.session_scope() as session:
            return self.accounts.revoke_key(session, workspace_id=workspace_id, key_id=key_id)

    def keys(self, workspace_id: str) -> list[ApiKey]:
        with self.database.read_scope() as session:
            return list(self.accounts.list_keys(session, workspace_id=workspace_id))


@pytest.fixture
def office(any_database: Database) -> Office:
    return Office(any_database)


@pytest.fixture
def small_office(database: Database) -> Office:
    return Office(database)


def _token(workspace_id: str) -> str:
    claims = {"workspace_id": workspace_id, "sub": "user-1", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    return jwt.encode(claims, SHARED, "HS256")


def test_a_key_speaks_for_its_workspace_with_its_scopes(office: Office) -> None:
    home, other = office.open_workspace(), office.open_workspace()
    office.make_key(other)
    made = office.make_key(home, scopes=["videos:read"])
    principal = office.accounts.authenticate(f"Bearer {made.plaintext}")
    assert (principal.workspace_id, principal.key_id, principal.scopes) == (home, made.key.id, ("videos:read",))


def test_only_a_hash_of_a_key_is_kept(small_office: Office) -> None:
    made = small_office.make_key(small_office.open_workspace())
    secret = made.plaintext.rsplit("_", 1)[1]
    with small_office.database.read_scope() as session:
        rows = repr(session.execute(text("SELECT * FROM api_keys")).all())
    assert secret not in rows
    assert made.key.prefix in rows


def test_a_revoked_key_is_refused_on_the_next_request_everywhere(office: Office) -> None:
    workspace_id = office.open_workspace()
    made, kept = office.make_key(workspace_id), office.make_key(workspace_id)
    elsewhere = Office(Database(office.database.url.render_as_string(hide_password=False)))
    assert elsewhere.accounts.authenticate(f"Bearer {made.plaintext}")
    office.revoke(workspace_id, made.key.id)
    for place in (office, elsewhere):
        with pytest.raises(Unauthorized):
            place.accounts.authenticate(f"Bearer {made.plaintext}")
        assert place.accounts.authenticate(f"Bearer {kept.plaintext}")
    elsewhere.database.close()


def test_revoking_twice_keeps_the_first_time(small_office: Office) -> None:
    workspace_id = small_office.open_workspace()
    key_id = small_office.make_key(workspace_id).key.id
    first = small_office.revoke(workspace_id, key_id).revoked_at
    small_office.now += timedelta(days=1)
    assert small_office.revoke(workspace_id, key_id).revoked_at == first


def test_nobody_revokes_the_key_of_another_workspace(small_office: Office) -> None:
    home, other = small_office.open_workspace(), small_office.open_workspace()
    made = small_office.make_key(home)
    with pytest.raises(KeyNotFound):
        small_office.revoke(other, made.key.id)
    assert small_office.accounts.authenticate(f"Bearer {made.plaintext}")
    assert small_office.keys(other) == []


def test_every_reason_to_refuse_gets_the_same_answer(small_office: Office) -> None:
    workspace_id = small_office.open_workspace()
    made, revoked = small_office.make_key(workspace_id), small_office.make_key(workspace_id)
    small_office.revoke(workspace_id, revoked.key.id)
    headers = [
        None,
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer tnx_garbage",
        f"Bearer tnx_{'0' * 12}_{'0' * 64}",
        f"Bearer {made.plaintext[:-1]}{'0' if made.plaintext[-1] != '0' else '1'}",
        f"Bearer {revoked.plaintext}",
        "Bearer not.a.token",
        f"Bearer {_token(new_id())}",
    ]
    answers: set[str] = set()
    for header in headers:
        with pytest.raises(Unauthorized) as caught:
            small_office.accounts.authenticate(header)
        answers.add(repr(caught.value.as_body()))
    assert len(answers) == 1


def test_a_user_token_is_accepted_for_a_workspace_that_exists(office: Office) -> None:
    workspace_id = office.open_workspace()
    principal = office.accounts.authenticate(f"Bearer {_token(workspace_id)}")
    assert (principal.workspace_id, principal.subject, principal.key_id) == (workspace_id, "user-1", None)


def test_without_a_verification_key_user_tokens_are_refused(database: Database) -> None:
    workspace_id = Office(database).open_workspace()
    with pytest.raises(Unauthorized):
        Accounts(database=database).authenticate(f"Bearer {_token(workspace_id)}")


def test_the_last_use_of_a_key_is_noted_every_few_minutes(office: Office) -> None:
    workspace_id = office.open_workspace()
    made = office.make_key(workspace_id)
    assert office.keys(workspace_id)[0].last_used_at is None
    start = office.now
    noted: list[datetime | None] = []
    for minutes in (0, 4, 5):
        office.now = start + timedelta(minutes=minutes)
        office.accounts.authenticate(f"Bearer {made.plaintext}")
        noted.append(office.keys(workspace_id)[0].last_used_at)
    assert noted == [start, start, start + timedelta(minutes=5)]


def test_a_key_works_when_its_use_cannot_be_noted(office: Office) -> None:
    made = office.make_key(office.open_workspace())
    with office.database.session_scope() as writer:
        writer.execute(text("UPDATE api_keys SET name = 'busy'"))
        assert office.accounts.authenticate(f"Bearer {made.plaintext}")


def test_keys_are_listed_newest_first(small_office: Office) -> None:
    workspace_id = small_office.open_workspace()
    made = [small_office.make_key(workspace_id).key.id for _ in range(3)]
    assert [key.id for key in small_office.keys(workspace_id)] == made[::-1]


def test_a_key_needs_a_workspace_and_a_workspace_a_name(small_office: Office) -> None:
    with pytest.raises(WorkspaceNotFound):
        small_office.make_key(new_id())
    for name in ("", "   ", "x" * 201):
        with pytest.raises(InvalidName):
            small_office.open_workspace(name)


def test_webhook_secrets_differ(small_office: Office) -> None:
    home, other = small_office.open_workspace(), small_office.open_workspace()
    with small_office.database.read_scope() as session:
        secrets = {small_office.accounts.get_workspace(session, each).webhook_secret for each in (home, other)}
    assert len(secrets) == 2
    assert all(len(secret) == 64 for secret in secrets)
