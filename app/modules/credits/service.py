"""Credits: granted to a workspace, held for a job, then captured or released. Integers; nothing is ever edited.

    issued ──grant──► available ──hold──► held ──capture──► spent
                          ▲                 │
                          └─────release─────┘

A job is settled once: its capture and its release share the key ``settle:<job>``, which is unique. Whatever is called
again, in whatever order, moves nothing a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.clock import Clock, utc_now
from app.core.errors import Conflict, InvalidRequest, NotFound, PaymentRequired
from app.core.ids import new_id
from app.core.pagination import PageRequest, Slice
from app.modules.credits import repository
from app.modules.credits.models import Account, CreditEntry, EntryKind
from app.modules.credits.repository import Balance, Discrepancy

LONGEST_KEY = 255
LONGEST_NOTE = 500


class InsufficientCredits(PaymentRequired):
    code = "insufficient_credits"


class HardCapReached(PaymentRequired):
    code = "hard_cap_reached"


class HoldNotFound(NotFound):
    code = "hold_not_found"


class CreditKeyReuse(Conflict):
    """The same key with another amount: one of the two callers is wrong about what happened."""

    code = "credit_key_reuse"


class CaptureExceedsHold(Conflict):
    code = "capture_exceeds_hold"


class InvalidAmount(InvalidRequest):
    code = "invalid_amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a workspace has, in credits. ``None`` is no cap. Caps count what is spent and what is held."""

    available: int
    held: int
    spent: int
    granted: int
    soft_cap: int | None
    hard_cap: int | None

    @property
    def soft_cap_reached(self) -> bool:
        """A warning: nothing is refused."""
        return self.soft_cap is not None and self.spent + self.held >= self.soft_cap

    @property
    def hard_cap_reached(self) -> bool:
        """New renders are refused."""
        return self.hard_cap is not None and self.spent + self.held >= self.hard_cap


class Credits:
    """Every call works in the caller's transaction, and locks the balance of its workspace until that ends."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def grant(self, session: Session, *, workspace_id: str, amount: int, key: str, note: str = "") -> None:
        """Give credits to a workspace, once per key. Raises InvalidAmount, CreditKeyReuse."""
        if amount <= 0:
            raise InvalidAmount(f"A grant is a positive number of credits, not {amount}.")
        if not 0 < len(key) <= LONGEST_KEY:
            raise InvalidRequest(f"The key of a grant has 1 to {LONGEST_KEY} characters.")
        repository.lock_balance(session, workspace_id)
        if self._is_repeated(session, workspace_id, f"grant:{key}", amount):
            return
        self._move(
            session,
            EntryKind.GRANT,
            workspace_id=workspace_id,
            key=f"grant:{key}",
            amount=amount,
            note=note[:LONGEST_NOTE],
        )

    def hold(self, session: Session, *, workspace_id: str, job_id: str, amount: int) -> None:
        """Set credits aside for a job, once. Zero is allowed: a job that makes nothing new.

        Raises InsufficientCredits, HardCapReached, InvalidAmount, and CreditKeyReuse if the job holds another amount.
        """
        if amount < 0:
            raise InvalidAmount(f"A hold cannot be negative; {amount} was asked for.")
        balance = repository.lock_balance(session, workspace_id)
        key = f"hold:{job_id}"
        if self._is_repeated(session, workspace_id, key, amount):
            return
        _check_affordable(balance, amount)
        self._move(session, EntryKind.HOLD, workspace_id=workspace_id, key=key, amount=amount, job_id=job_id)

    def capture(self, session: Session, *, job_id: str, amount: int) -> None:
        """Spend what a job held, up to the hold; the rest is released. Nothing happens if the job is settled already.

        Raises HoldNotFound, InvalidAmount, CaptureExceedsHold.
        """
        if amount < 0:
            raise InvalidAmount(f"A capture cannot be negative; {amount} was asked for.")
        hold = repository.find_hold(session, job_id)
        if hold is None:
            raise HoldNotFound(f"Nothing was held for job {job_id}, so nothing can be captured.")
        if not self._lock_unsettled(session, hold):
            return
        if amount > hold.amount:
            raise CaptureExceedsHold(
                f"Job {job_id} held {hold.amount} credits and cannot capture {amount}.",
                extra={"held": hold.amount, "asked": amount},
            )
        self._settle(session, EntryKind.CAPTURE, hold, amount)
        if amount < hold.amount:
            rest = hold.amount - amount
            self._move(
                session,
                EntryKind.RELEASE,
                workspace_id=hold.workspace_id,
                key=f"rest:{job_id}",
                amount=rest,
                job_id=job_id,
            )

    def release(self, session: Session, *, job_id: str) -> None:
        """Give back what a job held. Nothing happens if it is settled already, or never held anything."""
        hold = repository.find_hold(session, job_id)
        if hold is not None and self._lock_unsettled(session, hold):
            self._settle(session, EntryKind.RELEASE, hold, hold.amount)

    def set_caps(self, session: Session, *, workspace_id: str, soft_cap: int | None, hard_cap: int | None) -> None:
        """Limit what a workspace may spend and hold in all. Raises InvalidAmount."""
        for cap in (soft_cap, hard_cap):
            if cap is not None and cap < 0:
                raise InvalidAmount(f"A cap cannot be negative; {cap} was given. Leave it out for no cap.")
        repository.lock_balance(session, workspace_id)
        repository.set_caps(session, workspace_id, soft_cap=soft_cap, hard_cap=hard_cap)

    def statement(self, session: Session, workspace_id: str) -> Statement:
        """What the workspace has now."""
        balance = repository.read_balance(session, workspace_id)
        return Statement(
            available=balance.available,
            held=balance.held,
            spent=balance.spent,
            # Every grant is still somewhere: the ledger loses nothing.
            granted=balance.available + balance.held + balance.spent,
            soft_cap=balance.soft_cap,
            hard_cap=balance.hard_cap,
        )

    def entries(self, session: Session, workspace_id: str, page: PageRequest) -> Slice[CreditEntry]:
        """The ledger of a workspace, newest first."""
        return repository.entries(session, workspace_id, page)

    def audit(self, session: Session) -> Sequence[Discrepancy]:
        """Every balance that is not the sum of its entries: none, unless someone wrote around the ledger."""
        return repository.discrepancies(session)

    def _is_repeated(self, session: Session, workspace_id: str, key: str, amount: int) -> bool:
        earlier = repository.find_entry(session, workspace_id, key)
        if earlier is None:
            return False
        if earlier.amount != amount:
            raise CreditKeyReuse(
                f"{key} was recorded with {earlier.amount} credits and cannot be repeated with {amount}.",
                extra={"recorded": earlier.amount, "asked": amount},
            )
        return True

    def _lock_unsettled(self, session: Session, hold: CreditEntry) -> bool:
        repository.lock_balance(session, hold.workspace_id)
        return repository.find_entry(session, hold.workspace_id, f"settle:{hold.job_id}") is None

    def _settle(self, session: Session, kind: EntryKind, hold: CreditEntry, amount: int) -> None:
        self._move(
            session,
            kind,
            workspace_id=hold.workspace_id,
            key=f"settle:{hold.job_id}",
            amount=amount,
            job_id=hold.job_id,
        )

    def _move(
        self,
        session: Session,
        kind: EntryKind,
        *,
        workspace_id: str,
        key: str,
        amount: int,
        job_id: str | None = None,
        note: str = "",
    ) -> None:
        source, target = _ROUTES[kind]
        entry = CreditEntry(
            id=new_id(),
            workspace_id=workspace_id,
            key=key,
            kind=kind,
            source=source,
            target=target,
            amount=amount,
            job_id=job_id,
            note=note,
            created_at=self._clock(),
        )
        repository.add_entry(session, entry)


_ROUTES = {
    EntryKind.GRANT: (Account.ISSUED, Account.AVAILABLE),
    EntryKind.HOLD: (Account.AVAILABLE, Account.HELD),
    EntryKind.CAPTURE: (Account.HELD, Account.SPENT),
    EntryKind.RELEASE: (Account.HELD, Account.AVAILABLE),
}


def _check_affordable(balance: Balance, amount: int) -> None:
    used = balance.spent + balance.held
    if amount and balance.hard_cap is not None and used + amount > balance.hard_cap:
        raise HardCapReached(
            f"This needs {amount} credits, and the workspace may use {balance.hard_cap} in all, of which {used} are "
            "spent or held. Raise its hard cap, or ask for less.",
            extra={"needed": amount, "hard_cap": balance.hard_cap, "spent": balance.spent, "held": balance.held},
        )
    if amount > balance.available:
        raise InsufficientCredits(
            f"This needs {amount} credits and {balance.available} are available. Add credits, or ask for less.",
            extra={"needed": amount, "available": balance.available},
        )
