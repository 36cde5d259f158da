"""What is written down of a list, on both databases: as a whole, in the order of asking, and whatever is in it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.avatars.catalogue import Listed, ListKind, Readiness
from app.core.database import Database
from app.core.pagination import PageRequest
from app.modules.accounts.service import Accounts
from app.modules.videos.models import ProviderAccount
from app.modules.videos.providers import entries
from app.modules.videos.providers.accounts import account_of
from app.modules.videos.providers.entries import EntryFilter, ListName
from app.modules.videos.providers.models import Listing

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def name(any_database: Database) -> ListName:
    with any_database.session_scope() as session:
        workspace_id = Accounts(database=any_database).create_workspace(session, name="Test").id
        session.add(
            ProviderAccount(
                workspace_id=workspace_id,
                name="heygen",
                kind="heygen",
                base_url="https://vendor.invalid",
                sealed="",
                key_ends="",
                status="working",
                created_at=NOON,
                updated_at=NOON,
            )
        )
    return ListName(workspace_id=workspace_id, provider="heygen", kind=ListKind.AVATAR)


def some(*ids: str) -> list[Listed]:
    return [Listed(id=id_, name=f"Name of {id_}", owned=False) for id_ in ids]


def write(database: Database, name: ListName, listed: Sequence[Listed], at: datetime) -> None:
    with database.session_scope() as session:
        entries.record(session, name, listed, at)


def present(database: Database, name: ListName, wanted: EntryFilter | None = None) -> list[str]:
    with database.read_scope() as session:
        page = entries.page_of(session, name, wanted or EntryFilter(), PageRequest(limit=200))
        return [row.provider_id for row in page.rows]


def listing(database: Database, name: ListName) -> Listing:
    with database.read_scope() as session:
        found = entries.listing_of(session, name)
        assert found is not None
        return found


def test_the_list_that_was_asked_for_last_counts_whichever_comes_first(any_database: Database, name: ListName) -> None:
    write(any_database, name, some("a", "c"), LATER)
    write(any_database, name, some("a", "b"), NOON)
    assert present(any_database, name) == ["a", "c"]
    assert listing(any_database, name).verified_at == LATER


def test_an_earlier_failure_that_comes_late_hides_no_success(any_database: Database, name: ListName) -> None:
    write(any_database, name, some("a"), LATER)
    with any_database.session_scope() as session:
        entries.record_problem(session, name, "no answer", NOON)
    assert listing(any_database, name).problem is None
    with any_database.session_scope() as session:
        entries.record_problem(session, name, "no\0 ans\ud800wer", LATER + timedelta(minutes=1))
    assert listing(any_database, name).problem == "no ans wer"
    assert (listing(any_database, name).verified_at, present(any_database, name)) == (LATER, ["a"])


def test_those_who_write_at_once_leave_one_list(any_database: Database, name: ListName) -> None:
    def once(number: int) -> None:
        ids = [f"{number}-{index}" for index in range(30)]
        write(any_database, name, some("both", *ids), NOON + timedelta(seconds=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(8)))
    found = present(any_database, name)
    assert len(found) == 31
    assert {id_.partition("-")[0] for id_ in found} == {"7", "both"}
    assert listing(any_database, name).present == 31


def test_whatever_a_provider_writes_can_be_kept(any_database: Database, name: ListName) -> None:
    odd = [
        Listed(id="nul", name="A\0B\nC " + "x" * 500, owned=True, gender="f" * 100, reason="\0" + "y" * 900),
        Listed(id="same", name="first", owned=False),
        Listed(id="same", name="last", owned=False, readiness=Readiness.FAILED),
        Listed(id="", name="no id", owned=False),
        Listed(id="z" * 300, name="cannot be named", owned=False),
        Listed(id="tab\there", name="nor this", owned=False),
        Listed(id="日本", name="花子 ☕", owned=False, languages=("ja_JP", "", "\0\ud800"), tags=("\n", "5\0%")),
        Listed(id="link", name="link", owned=False, preview_video_url="javascript:alert(1)", default_voice="v\0"),
        Listed(id="bare", name="", owned=False, preview_image_url="https://host.example/" + "q" * 3000),
    ]
    write(any_database, name, odd, NOON)
    assert sorted(present(any_database, name)) == ["bare", "link", "nul", "same", "日本"]
    assert present(any_database, name, EntryFilter(search="花")) == ["日本"]
    assert present(any_database, name, EntryFilter(language="ja")) == ["日本"]
    assert present(any_database, name, EntryFilter(usable=False)) == ["same"]
    with any_database.read_scope() as session:
        kept = entries.entry_of(session, name, "nul")
        assert kept is not None
        assert kept.name.startswith("A B C xxx")
        assert len(kept.reason or "") == 500
        link, tagged = (entries.entry_of(session, name, id_) for id_ in ("link", "日本"))
        assert link is not None
        assert tagged is not None
        assert (link.preview_video_url, link.default_voice, tagged.tags) == (None, None, ["5 %"])


def test_what_has_gone_stays_known_until_the_account_goes(any_database: Database, name: ListName) -> None:
    write(any_database, name, some("a", "b"), NOON)
    write(any_database, name, some("b"), LATER)
    write(any_database, name, some("b"), LATER + timedelta(minutes=1))
    with any_database.read_scope() as session:
        gone = entries.entry_of(session, name, "a")
        assert gone is not None
        assert (gone.first_seen_at, gone.verified_at, gone.gone_at) == (NOON, NOON, LATER)
    assert (listing(any_database, name).present, listing(any_database, name).gone) == (1, 1)
    with any_database.session_scope() as session:
        session.delete(account_of(session, name.workspace_id, name.provider))
    with any_database.read_scope() as session:
        assert entries.listing_of(session, name) is None
        assert entries.entry_of(session, name, "a") is None
