"""What the supervisor decides on the page of an account: 作废 and 免于追究."""

import pytest
from django.test import Client

from accounts.flags import waive
from accounts.models import Account, AccountState, Flag, Role
from filings.models import FilingState
from tests.accounts.account_page import flag_of, shown
from tests.factories import NOW, Cast, account, change, opening, unit, user
from zhonglou_media.core.events import timeline
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor() -> User:
    return user(Role.SUPERVISOR)


# --- 作废 -----------------------------------------------------------------------------------------------------------


def test_the_supervisor_voids_with_a_reason(client: Client, supervisor: User) -> None:
    found = account(found=True)
    assert "作废这个账号" in shown(client, supervisor, found)
    response = client.post(f"/accounts/{found.pk}/void/", {"reason": "重复登记"}, follow=True)
    assert "已作废" in response.content.decode()
    found.refresh_from_db()
    event = timeline(found).last()
    assert found.state == AccountState.VOID
    assert event is not None
    assert (event.verb, event.actor, event.comment) == ("void", supervisor, "重复登记")


def test_without_a_reason_the_dialog_opens_again(client: Client, supervisor: User) -> None:
    found = account(found=True)
    client.force_login(supervisor)
    response = client.post(f"/accounts/{found.pk}/void/", {"reason": "  "})
    text = response.content.decode()
    assert response.status_code == 422
    assert "请写明理由。" in text
    assert "data-zl-open" in text
    found.refresh_from_db()
    assert found.state == AccountState.UNFILED


def test_a_filed_account_is_not_voided_and_what_was_typed_stays(client: Client, supervisor: User) -> None:
    filed = opening(FilingState.COMPLETED).account
    assert filed is not None
    assert "作废这个账号" not in shown(client, supervisor, filed)
    response = client.post(f"/accounts/{filed.pk}/void/", {"reason": "我写的理由"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "不能作废，只能关停或注销" in text
    assert "我写的理由" in text


def test_a_baseline_account_with_a_completed_change_is_filed_and_not_voided(client: Client, supervisor: User) -> None:
    row = account()
    change(FilingState.COMPLETED, Cast(row.unit), on=row)
    row.refresh_from_db()
    assert (row.state, row.number) == (AccountState.ACTIVE, None)
    assert "作废这个账号" not in shown(client, supervisor, row)
    response = client.post(f"/accounts/{row.pk}/void/", {"reason": "登记错误"})
    assert "已办结备案（见备案台账），不能作废" in response.content.decode()
    assert response.status_code == 409


def test_a_void_account_keeps_no_promise_it_cannot_keep(client: Client, supervisor: User) -> None:
    found = account(found=True, name="示例重复号")
    flag_of(found)
    client.force_login(supervisor)
    text = client.post(f"/accounts/{found.pk}/void/", {"reason": "重复登记"}, follow=True).content.decode()
    assert "未备案账号的预警在下一次检查中解除" in text
    assert "账号现为作废，下一次检查中解除" in text
    assert "免于追究…" not in text
    assert "预警一直保留" not in text
    listed = client.get("/accounts/").content.decode()
    assert "示例重复号" not in listed
    assert "另有作废的 1 个没有列出" in listed
    assert "示例重复号" in client.get("/accounts/?state=void").content.decode()


def test_voiding_is_not_offered_while_a_filing_is_under_way(client: Client) -> None:
    people = Cast()
    found = account(people.unit, found=True)
    opening(FilingState.OFFICE_REVIEW, people, on=found)
    assert "作废…" not in shown(client, people.supervisor, found)
    response = client.post(f"/accounts/{found.pk}/void/", {"reason": "我写的理由"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "请先由主办单位撤回，再作废" in text
    assert "需要修改" not in text
    assert "我写的理由" in text


def test_voiding_twice_tells_what_it_is_now(client: Client, supervisor: User) -> None:
    found = account(found=True)
    client.force_login(supervisor)
    client.post(f"/accounts/{found.pk}/void/", {"reason": "一"})
    response = client.post(f"/accounts/{found.pk}/void/", {"reason": "二"})
    assert response.status_code == 409
    assert "现为作废" in response.content.decode()
    assert Event.objects.filter(verb="void").count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_nobody_else_voids_or_waives(client: Client, role: Role) -> None:
    of = unit()
    found = account(of, found=True)
    flag = flag_of(found)
    client.force_login(user(role, of))
    assert client.post(f"/accounts/{found.pk}/void/", {"reason": "x"}).status_code == 403
    assert client.post(f"/flags/{flag.pk}/waive/", {"reason": "x"}).status_code == 403
    assert Flag.objects.get().waived_at is None
    assert Account.objects.get().state == AccountState.UNFILED


# --- 免于追究 --------------------------------------------------------------------------------------------------------


def test_the_supervisor_waives_a_flag_and_comes_back(client: Client, supervisor: User) -> None:
    found = account(found=True)
    flag = flag_of(found)
    assert f'action="/flags/{flag.pk}/waive/"' in shown(client, supervisor, found)
    response = client.post(f"/flags/{flag.pk}/waive/", {"reason": "上线前存量", "next": f"/accounts/{found.pk}/"})
    assert response["Location"] == f"/accounts/{found.pk}/"
    flag.refresh_from_db()
    assert (flag.waived_by, flag.waive_reason) == (supervisor, "上线前存量")


@pytest.mark.parametrize("back", ["https://elsewhere.invalid/", "//elsewhere.invalid/", "javascript:alert(1)", ""])
def test_back_never_leads_elsewhere(client: Client, supervisor: User, back: str) -> None:
    found = account(found=True)
    client.force_login(supervisor)
    response = client.post(f"/flags/{flag_of(found).pk}/waive/", {"reason": "x", "next": back})
    assert response["Location"] == f"/accounts/{found.pk}/"


def test_a_waiver_without_a_reason_asks_for_it_on_a_page_of_its_own(client: Client, supervisor: User) -> None:
    flag = flag_of(account(found=True))
    client.force_login(supervisor)
    response = client.post(f"/flags/{flag.pk}/waive/", {"reason": ""})
    assert response.status_code == 422
    assert "请写明理由。" in response.content.decode()


def test_a_second_waiver_learns_that_it_was_late_and_keeps_its_words(client: Client, supervisor: User) -> None:
    flag = flag_of(account(found=True))
    waive([flag.pk], by=user(Role.SUPERVISOR), reason="先办的", now=NOW)
    client.force_login(supervisor)
    response = client.post(f"/flags/{flag.pk}/waive/", {"reason": "后办的"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "已免于追究" in text
    assert "后办的" in text
    assert Flag.objects.get().waive_reason == "先办的"


def test_a_flag_that_is_not_there_and_a_look_by_get(client: Client, supervisor: User) -> None:
    client.force_login(supervisor)
    assert client.post("/flags/999/waive/", {"reason": "x"}).status_code == 404
    flag = flag_of(account(found=True))
    asked = client.get(f"/flags/{flag.pk}/waive/?next=/filings/7/").content.decode()
    assert f'action="/flags/{flag.pk}/waive/"' in asked
    assert 'name="next" value="/filings/7/"' in asked
    assert "请写明理由。" not in asked  # nothing was sent yet
    assert client.get(f"/flags/{flag.pk}/waive/?next=//elsewhere.invalid/").content.decode().count("elsewhere") == 0
    assert Flag.objects.get().waived_at is None
