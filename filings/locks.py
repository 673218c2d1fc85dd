"""The rows of the register that a filing's use case locks, always unit before account, and the ground it names."""

from accounts.models import Account, Unit
from filings.models import Filing, FilingKind


def lock_register(filing: Filing) -> Account:
    """Unit, then account, as approvals lock them: before the chain's head, or the two would wait for each other.

    Of a change of sponsor both units in the order of their ids: two accounts may change hands crosswise.
    """
    giving = filing.change.giving_unit_id if filing.kind == FilingKind.CHANGE else None
    for unit_id in sorted({filing.unit_id, giving or filing.unit_id}):
        lock_unit(unit_id)
    return lock_account(filing)


def lock_unit(unit_id: int) -> Unit:
    """The unit's row, locked: who holds it decides alone on its places on platforms (第七条)."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit_id)


def lock_account(filing: Filing) -> Account:
    """The account of `filing`, its row locked; foreign keys to it may still be written (a sweep's flags)."""
    rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform", "unit")
    return rows.get(filings=filing)


def ground_of(filing: Filing) -> str:
    """What an account's event names as its ground."""
    return f"备案 {filing.number or filing.pk}"
