"""Nobody spends what another has spent, and no job is settled twice, however many try at once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.database import Database
from app.core.errors import PaymentRequired
from app.core.ids import new_id
from app.modules.credits.service import Credits, InsufficientCredits
from tests.credits.test_ledger import capture, hold, ledger, open_workspace, release, sums


def _at_once(work: Callable[[int], object], count: int, threads: int = 8) -> list[object]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(count)))


def test_holds_at_the_same_time_never_overdraw(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)

    def try_to_hold(_: int) -> bool:
        try:
            hold(any_database, workspace_id, 7)
        except InsufficientCredits:
            return False
        return True

    assert _at_once(try_to_hold, 40).count(True) == 14
    assert sums(any_database, workspace_id) == (2, 98, 0)


def test_a_job_settled_by_many_at_once_is_settled_once(any_database: Database) -> None:
    workspace_id = open_workspace(any_database, 100)
    jobs = [hold(any_database, workspace_id, 10) for _ in range(4)]

    def settle(number: int) -> None:
        job_id = jobs[number % 4]
        if number % 8 < 4:
            capture(any_database, job_id, 6)
        else:
            release(any_database, job_id)

    _at_once(settle, 32)
    available, held, spent = sums(any_database, workspace_id)
    assert held == 0
    assert spent % 6 == 0
    assert available + spent == 100
    kinds = [kind for kind, _ in ledger(any_database, workspace_id)]
    assert kinds.count("capture") == spent // 6
    # A released job has one release, a captured one the release of its rest.
    assert kinds.count("release") == 4


def test_the_first_grants_at_once_open_one_balance(any_database: Database) -> None:
    workspace_id = open_workspace(any_database)
    service = Credits()

    def grant(number: int) -> None:
        with any_database.session_scope() as session:
            service.grant(session, workspace_id=workspace_id, amount=1, key=f"grant-{number % 10}")

    _at_once(grant, 30)
    assert sums(any_database, workspace_id) == (10, 0, 0)


_HOLD_IN_ANOTHER_PROCESS = """
import sys
from app.core.database import Database
from app.core.ids import new_id
from app.modules.credits.service import Credits, InsufficientCredits
database, held = Database(sys.argv[1]), 0
for _ in range(15):
    try:
        with database.session_scope() as session:
            Credits().hold(session, workspace_id=sys.argv[2], job_id=new_id(), amount=5)
    except InsufficientCredits:
        continue
    held += 1
print(held)
"""


def test_processes_never_overdraw_together(any_database: Database, any_url: str) -> None:
    workspace_id = open_workspace(any_database, 100)
    command = [sys.executable, "-c", _HOLD_IN_ANOTHER_PROCESS, any_url, workspace_id]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    held = sum(int(process.communicate(timeout=60)[0]) for process in running)
    assert held == 20
    assert sums(any_database, workspace_id) == (0, 100, 0)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_books_balance(database: Database, seed: int) -> None:
    """Random acts, in a random order, many of them repeated: against a model that is obviously right."""
    chance = random.Random(seed)
    service = Credits()
    workspaces = [open_workspace(database) for _ in range(2)]
    granted = dict.fromkeys(workspaces, 0)
    open_jobs: dict[str, tuple[str, int]] = {}
    settled: dict[str, tuple[str, int]] = {}
    for _ in range(120):
        workspace_id = chance.choice(workspaces)
        act = chance.choice(["grant", "hold", "hold", "capture", "release", "again"])
        with database.session_scope() as session:
            if act == "grant":
                amount = chance.randint(1, 50)
                service.grant(session, workspace_id=workspace_id, amount=amount, key=new_id())
                granted[workspace_id] += amount
            elif act == "hold":
                job_id, amount = new_id(), chance.randint(0, 30)
                before = service.statement(session, workspace_id).available
                if amount <= before:
                    service.hold(session, workspace_id=workspace_id, job_id=job_id, amount=amount)
                    open_jobs[job_id] = (workspace_id, amount)
                else:
                    with pytest.raises(PaymentRequired):
                        service.hold(session, workspace_id=workspace_id, job_id=job_id, amount=amount)
            elif act in {"capture", "release"} and open_jobs:
                job_id = chance.choice(list(open_jobs))
                owner, amount = open_jobs.pop(job_id)
                spent = chance.randint(0, amount) if act == "capture" else 0
                if act == "capture":
                    service.capture(session, job_id=job_id, amount=spent)
                else:
                    service.release(session, job_id=job_id)
                settled[job_id] = (owner, spent)
            elif act == "again" and settled:
                job_id = chance.choice(list(settled))
                service.capture(session, job_id=job_id, amount=0)
                service.release(session, job_id=job_id)
    for workspace_id in workspaces:
        held = sum(amount for owner, amount in open_jobs.values() if owner == workspace_id)
        spent = sum(amount for owner, amount in settled.values() if owner == workspace_id)
        assert sums(database, workspace_id) == (granted[workspace_id] - held - spent, held, spent)
    with database.read_scope() as session:
        assert service.audit(session) == []
