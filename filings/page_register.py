"""What the rules ask of the register, read once for a whole page of filings."""

from collections.abc import Sequence

from django.db.models import Count

from accounts import identity
from accounts.models import Account, AccountState, Message, Platform, Unit
from accounts.models.activity import ANSWERER
from filings import checks, preapprovals
from filings.filed import filed_value, platform_of
from filings.models import Filing, FilingKind, PreApproval
from filings.models.filing import CLOSINGS


class PageRegister(checks.Register):
    """What the rules ask of the register for a whole page of filings, read in four queries.

    And one more for each thing that only some of them ask.
    """

    def __init__(self, filings: Sequence[Filing]) -> None:
        units = {filing.unit_id for filing in filings}
        # Which identity each filing gives its account; closings ask for none.
        opens = [filing for filing in filings if filing.kind in (FilingKind.OPEN, FilingKind.CHANGE)]
        self._accounts: dict[int, list[Account]] = {unit: [] for unit in units}
        for account in Account.objects.holding().filter(unit__in=units).select_related("platform"):
            self._accounts[account.unit_id].append(account)
        self._rivals: dict[int, list[Filing]] = {unit: [] for unit in units}
        for filing in checks.rivals(units):
            self._rivals[filing.unit_id].append(filing)
        self._lookalikes = list(identity.lookalikes(str(filed_value(f, "name")) for f in opens))
        self._candidates = identity.candidates(
            (platform_of(f).pk, str(filed_value(f, "uid")).strip(), str(filed_value(f, "name")).strip()) for f in opens
        )
        self._open: dict[int, int] | None = None  # asked for by closings alone
        self._closing = {filing.account_id for filing in filings if filing.kind in CLOSINGS}
        self._unfiled: dict[int, list[Account]] | None = None  # asked for by openings and changes of place
        self._granted: dict[int, list[PreApproval]] | None = None  # asked for by openings of 区级部门 alone

    def accounts(self, unit: Unit) -> list[Account]:
        return self._accounts[unit.pk]

    def unfiled(self, unit: Unit) -> list[Account]:
        if self._unfiled is None:
            self._unfiled = {pk: [] for pk in self._rivals}
            rows = Account.objects.filter(unit__in=list(self._rivals), state=AccountState.UNFILED)
            for account in rows.select_related("platform"):
                self._unfiled[account.unit_id].append(account)
        return self._unfiled[unit.pk]

    def clash(self, platform: Platform, uid: str, name: str, exclude: Account | None) -> Account | None:
        return identity.choose_clash(self._candidates, platform, uid, name, exclude)

    def lookalikes(self, name: str) -> list[Account]:
        return self._lookalikes

    def rivals(self, unit: Unit) -> list[Filing]:
        return self._rivals[unit.pk]

    def open_questions(self, account: Account) -> int:
        if self._open is None:
            rows = Message.objects.owed_by([pk for pk in self._closing if pk is not None]).order_by()
            self._open = dict(rows.values_list(ANSWERER).annotate(n=Count("pk")))
        return self._open.get(account.pk, 0)

    def granted(self, unit: Unit) -> list[PreApproval]:
        if self._granted is None:
            self._granted = {pk: [] for pk in self._rivals}
            for row in preapprovals.granted_to(self._granted):
                self._granted[row.unit_id].append(row)
        return self._granted[unit.pk]
