"""``tenex workspace`` and ``tenex keys``: tenants, and what lets their clients in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import NothingFound
from app.cli.opening import DataFolder, Office, opened, settings_of
from app.cli.output import AsJson, Output, columns

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.modules.accounts.models import ApiKey, Workspace
    from app.modules.accounts.service import NewKey

WorkspaceName = Annotated[str, typer.Argument(metavar="WORKSPACE", help="Its name or its id.")]
KeyScopes = Annotated[
    list[str] | None, typer.Option("--scope", help="What the key allows; repeat it. Without it, everything.")
]


def create_workspace(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    credits_: Annotated[int, typer.Option("--credits", help="Credits to start with.", min=0)] = 0,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make a workspace and its first API key. The key is shown once."""
    with opened(settings_of(data)) as office, office.database.session_scope() as session:
        workspace, key = found_workspace(office, session, name=name, credits_=credits_)
        document = _workspace(workspace) | {"credits": credits_, "api_key": key.plaintext}
    Output(as_json).result(
        document,
        f"Workspace  {document['name']}  {document['id']}, {credits_} credits",
        f"API key    {key.plaintext}    (shown only now: keep it)",
    )


def list_workspaces(data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the workspaces, oldest first, and what they have."""
    with opened(settings_of(data)) as office, office.database.read_scope() as session:
        found = [
            _workspace(one) | {"credits": office.credits.statement(session, one.id).available}
            for one in office.accounts.list_workspaces(session)
        ]
    rows = [(one["id"], one["name"], one["credits"], one["created_at"]) for one in found]
    lines = columns(("ID", "NAME", "CREDITS", "CREATED"), rows)
    Output(as_json).result(found, *(lines if found else ["None yet. Make one: tenex workspace create NAME"]))


def create_key(
    workspace: WorkspaceName,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scopes: KeyScopes = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. It is shown once."""
    with opened(settings_of(data)) as office, office.database.session_scope() as session:
        owner = office.workspace(session, workspace)
        new = office.accounts.create_key(session, workspace_id=owner.id, name=name, scopes=scopes or ["*"])
        document = _key(new.key) | {"api_key": new.plaintext}
    Output(as_json).result(document, f"API key    {new.plaintext}    (shown only now: keep it)")


def list_keys(workspace: WorkspaceName, data: DataFolder = None, as_json: AsJson = False) -> None:
    """List the API keys of a workspace, newest first."""
    with opened(settings_of(data)) as office, office.database.read_scope() as session:
        owner = office.workspace(session, workspace)
        found = [_key(key) for key in office.accounts.list_keys(session, workspace_id=owner.id)]
    rows = [
        (one["prefix"], one["name"], " ".join(one["scopes"]), one["last_used_at"] or "never", one["revoked_at"] or "")
        for one in found
    ]
    Output(as_json).result(found, *columns(("PREFIX", "NAME", "SCOPES", "LAST USED", "REVOKED"), rows))


def revoke_key(
    workspace: WorkspaceName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id or its prefix.")],
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """End an API key: the next request with it is refused."""
    with opened(settings_of(data)) as office, office.database.session_scope() as session:
        owner = office.workspace(session, workspace)
        key_id = _key_id(office, session, owner.id, key)
        document = _key(office.accounts.revoke_key(session, workspace_id=owner.id, key_id=key_id))
    Output(as_json).result(document, f"Revoked    {document['prefix']}  {document['name']}")


def found_workspace(office: Office, session: Session, *, name: str, credits_: int) -> tuple[Workspace, NewKey]:
    """A new workspace with a first key and credits."""
    workspace = office.accounts.create_workspace(session, name=name)
    key = office.accounts.create_key(session, workspace_id=workspace.id, name="first key")
    if credits_:
        office.credits.grant(
            session, workspace_id=workspace.id, amount=credits_, key=f"start:{workspace.id}", note="to start with"
        )
    return workspace, key


def _key_id(office: Office, session: Session, workspace_id: str, name: str) -> str:
    prefix = name.split("_")[1] if name.startswith("tnx_") and name.count("_") >= 1 else name
    for key in office.accounts.list_keys(session, workspace_id=workspace_id):
        if name == key.id or prefix == key.prefix:
            return key.id
    raise NothingFound(f"This workspace has no key {prefix!r}. `tenex keys list WORKSPACE` shows them.")


def _workspace(workspace: Workspace) -> dict[str, Any]:
    return {"id": workspace.id, "name": workspace.name, "created_at": workspace.created_at}


def _key(key: ApiKey) -> dict[str, Any]:
    names = ("id", "prefix", "name", "scopes", "created_at", "last_used_at", "revoked_at")
    return {name: getattr(key, name) for name in names}
