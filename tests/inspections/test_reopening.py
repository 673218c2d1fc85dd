"""重开 while the supervisor's decision rests on a problem of the sheet, and to whom a problem goes: as tables."""

import pytest
from django.test import Client

from accounts.models import Account
from inspections import deciding, ordering, sheets, vetoing
from inspections.deciding import Decision
from inspections.models import AnnualVeto, ClosureOrder, Finding, Rectification, Sheet
from tests.factories import NOW, Cast, account, scan, unit
from tests.inspections.sheeted import Facts, sheet, submitted
from tests.inspections.sheeted import facts as facts
from zhonglou_media.core.errors import WrongState

pytestmark = pytest.mark.django_db


def decided(what: str, cast: Cast) -> Sheet:
    """A result with one problem, of which the supervisor has decided `what`."""
    row = submitted(sheet(cast.officer, account(cast.unit)), cast.officer, Z07=(1, "“按装”"))
    order = Rectification.objects.get()
    if what != "nothing":
        deciding.refer(order.pk, reason="x", by=cast.officer, now=NOW)
        outcome = {"let be": "let_be", "vetoed": "veto", "both": "order_and_veto"}.get(
            what.split(",")[0], "order_closure"
        )
        deciding.decide(order.pk, Decision(outcome, "x", year=NOW.year), by=cast.supervisor, now=NOW)
    if what == "ordered, executed":
        closing = ClosureOrder.objects.get()
        ordering.prove(closing.pk, file=scan(), name="x.pdf", by=cast.operator, now=NOW)
        ordering.execute(closing.pk, by=cast.supervisor, now=NOW)
    for closing in ClosureOrder.objects.filter(state="issued"):
        if "order revoked" in what or "all revoked" in what:
            ordering.revoke(closing.pk, reason="x", by=cast.supervisor, now=NOW)
    for veto in AnnualVeto.objects.all():
        if "veto revoked" in what or "all revoked" in what:
            vetoing.revoke(veto.pk, reason="x", by=cast.supervisor, now=NOW)
    return row


RESTS: list[tuple[str, tuple[str, ...]]] = [
    ("nothing", ()),
    ("let be", ()),
    ("ordered", ("责令关停 ",)),
    ("vetoed", ("2026年度一票否决",)),
    ("both", ("责令关停 ", "2026年度一票否决")),
    ("both, order revoked", ("2026年度一票否决",)),
    ("both, veto revoked", ("责令关停 ",)),
    ("both, all revoked", ()),
    ("ordered, executed", ()),  # it has been closed: nothing is left to revoke
]


@pytest.mark.parametrize(("what", "named"), RESTS)
def test_what_rests_on_a_problem_is_revoked_first(facts: Facts, cast: Cast, what: str, named: tuple[str, ...]) -> None:
    row = decided(what, cast)
    if named:
        with pytest.raises(WrongState, match="请先撤销") as refused:
            sheets.reopen(row.pk, reason="看错账号", by=cast.supervisor, now=NOW)
        assert [words in str(refused.value) for words in ("责令关停 ", "2026年度一票否决")] == [
            words in named for words in ("责令关停 ", "2026年度一票否决")
        ]
    else:
        sheets.reopen(row.pk, reason="看错账号", by=cast.supervisor, now=NOW)
    assert Sheet.objects.get().counts is bool(named)
    assert (Finding.objects.get().withdrawn_at is None) is bool(named)
    assert (Rectification.objects.get().state == "revoked") is not bool(named)


@pytest.mark.parametrize("what", ["let be", "both"])
def test_the_page_names_what_is_to_be_revoked_in_place_of_the_button(
    client: Client, facts: Facts, cast: Cast, what: str
) -> None:
    row = decided(what, cast)
    client.force_login(cast.supervisor)
    page = client.get(f"/checks/sheets/{row.pk}/").content.decode()
    assert ("不能重开" in page, 'data-zl-dialog="reopen"' in page) == (what == "both", what != "both")
    for order in ClosureOrder.objects.all():
        assert f'href="/orders/{order.pk}/"' in page


def test_a_problem_goes_to_the_unit_that_has_the_account_now(facts: Facts, cast: Cast) -> None:
    """主办单位变更 between the list and the hand-in: the sheet keeps the unit of the list for the figures."""
    row, now_of = sheet(cast.officer, account(cast.unit)), unit()
    Account.objects.filter(pk=row.account_id).update(unit=now_of)
    submitted(Sheet.objects.get(pk=row.pk), cast.officer, Z07=(1, "“按装”"))
    done, finding, order = Sheet.objects.get(), Finding.objects.get(), Rectification.objects.get()
    assert (done.unit, finding.unit, order.unit) == (cast.unit, now_of, now_of)


@pytest.fixture
def cast() -> Cast:
    return Cast()
