"""The pages of closure orders: who sees what, what each button does, and what comes back when it does not."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Account, Role
from inspections import ordering
from inspections.models import ClosureOrder
from tests.factories import NOW, PDF, Cast, account, opening, user
from tests.inspections.ordered import order, proved
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def hidden(page: str) -> dict[str, str]:
    """What a page's form sends unseen."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def read(boss: Client, row: ClosureOrder) -> str:
    """What the dialogs of the page carry."""
    return hidden(text(boss.get(f"/orders/{row.pk}/")))["read"]


def paper(content: bytes = PDF, name: str = "截图.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_from_the_account_to_its_execution(cast: Cast) -> None:
    of = account(cast.unit, found=True, name="示例小视频", verified_entity="示例街道")
    boss, unit = signed_in(cast.supervisor), signed_in(cast.operator)
    assert f"/accounts/{of.pk}/order/" in text(boss.get(f"/accounts/{of.pk}/"))
    form = text(boss.get(f"/accounts/{of.pk}/order/"))
    assert "发现该账号，认证主体为“示例街道”，没有备案。" in form
    assert "钟政办新媒关〔" in form

    typed = {"ground": "unfiled", "reason": "没有备案", "due_on": str(day_of(db_now())), "number": ""}
    asked = text(boss.post(f"/accounts/{of.pk}/order/", typed))  # nothing is issued with one press
    for said in (f"责令{cast.unit}关停“示例小视频（抖音）”？", "今天 24:00 截止", "从现在起 "):
        assert said in asked
    assert not ClosureOrder.objects.exists()
    back = boss.post(f"/accounts/{of.pk}/order/", {**typed, "step": "back"})
    assert "没有备案</textarea>" in text(back)
    answer = boss.post(f"/accounts/{of.pk}/order/", {**typed, **hidden(asked), "step": "issue"}, follow=True)
    row = ClosureOrder.objects.get()
    assert f"责令关停 {row.number} 已下达，{cast.unit}的填报员和主要领导已收到通知" in text(answer)
    assert "这个账号被责令关停，依据：未备案（第八条）" in text(unit.get(f"/accounts/{of.pk}/"))
    assert "1 个账号被责令关停" in text(unit.get("/"))

    answer = unit.post(f"/orders/{row.pk}/prove/", {"proof": paper(), "note": "已停用"}, follow=True)
    assert "办理证明已报送，由区政府办公室负责人核实后确认执行" in text(answer)
    sent = unit.get(f"/orders/{row.pk}/proof/?preview=1")
    assert (b"".join(sent.streaming_content), sent["Content-Type"]) == (PDF, "application/pdf")
    answer = boss.post(f"/orders/{row.pk}/execute/", {"reason": "", "read": read(boss, row)}, follow=True)
    assert "已确认执行，账号“示例小视频”现为“已关停”。" in text(answer)
    assert "1件责令关停，都已终结" in text(unit.get(f"/accounts/{of.pk}/checks/"))


def test_what_was_typed_is_kept_and_the_field_named(cast: Cast) -> None:
    of = account(cast.unit, found=True)
    boss = signed_in(cast.supervisor)
    typed = {"ground": "unfiled", "reason": "长长的事由", "due_on": "2026-13-40", "number": "自拟1号", "cancel": "on"}
    answer = boss.post(f"/accounts/{of.pk}/order/", typed)
    assert answer.status_code == 422
    for said in ("没有“2026-13-40”这一天，请核对办理期限。", "长长的事由", "自拟1号", "checked"):
        assert said in text(answer)
    answer = boss.post(f"/accounts/{of.pk}/order/", {**typed, "due_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "办理期限不能早于今天；立即办理的，填今天。" in text(answer)
    order(of)
    answer = boss.post(f"/accounts/{of.pk}/order/", {**typed, "due_on": "2031-01-01"})
    assert answer.status_code == 409
    assert "已有一件未办结的责令关停" in text(answer)
    assert "长长的事由" in text(answer)


def test_a_proof_is_judged_by_its_content_and_the_note_is_kept(cast: Cast) -> None:
    row = order(account(cast.unit, found=True))
    unit = signed_in(cast.operator)
    answer = unit.post(f"/orders/{row.pk}/prove/", {"note": "写了很久的说明"})
    assert (answer.status_code, "请选择办理证明的文件。" in text(answer)) == (422, True)
    answer = unit.post(f"/orders/{row.pk}/prove/", {"proof": paper(b"hello"), "note": "写了很久的说明"})
    assert answer.status_code == 422
    assert "上传的文件不是PDF" in text(answer)
    assert "写了很久的说明" in text(answer)
    ordering.revoke(row.pk, reason="个人账号", by=cast.supervisor, now=db_now())
    answer = unit.post(f"/orders/{row.pk}/prove/", {"proof": paper(), "note": "写了很久的说明"})
    assert answer.status_code == 409
    assert "不用再报送证明" in text(answer)
    assert "写了很久的说明" in text(answer)


def test_a_wrong_proof_is_replaced_until_it_is_decided_and_the_page_of_the_first_is_stale(cast: Cast) -> None:
    row, boss, unit = proved(cast), signed_in(cast.supervisor), signed_in(cast.operator)
    before = read(boss, row)
    assert "更换办理证明" in text(unit.get(f"/orders/{row.pk}/"))
    assert "更换关停证明" in text(unit.post(f"/orders/{row.pk}/prove/", {"proof": paper(PDF + b"2")}, follow=True))
    assert Notice.objects.filter(user=cast.supervisor, text__contains="更换了办理证明").exists()
    answer = boss.post(f"/orders/{row.pk}/execute/", {"reason": "看过平台", "read": before})
    assert answer.status_code == 409
    assert f"您打开页面以后，{cast.operator}又办理过" in text(answer)
    assert "看过平台" in text(answer)
    after = {"reason": "", "read": read(boss, row)}
    assert boss.post(f"/orders/{row.pk}/execute/", after).status_code == 302


def test_a_page_opened_before_the_proof_was_sent_back_executes_nothing(cast: Cast) -> None:
    row, boss = proved(cast), signed_in(cast.supervisor)
    before = read(boss, row)
    ordering.send_back(row.pk, reason="看不清", by=cast.supervisor, now=db_now())
    answer = boss.post(f"/orders/{row.pk}/execute/", {"reason": "", "read": before})
    assert (answer.status_code, "又办理过" in text(answer)) == (409, True)
    ordering.execute(row.pk, reason="当面核实", by=cast.supervisor, now=db_now())
    page = text(boss.get(f"/orders/{row.pk}/"))
    assert "单位报送证明" not in page
    assert "办理证明（已退回）" in page


@pytest.mark.parametrize(
    ("path", "state", "sentence"),
    [
        ("order/", "void", "只有未备案、正常运行、拟关停的账号可以责令关停"),
        ("lost/declare/", "void", "不需要按失控办理"),
        ("lost/recover/", "active", "没有认定失控，无需恢复"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(path: str, state: str, sentence: str, cast: Cast) -> None:
    of = account(cast.unit)
    Account.objects.filter(pk=of.pk).update(state=state, next_update_due_at=None)
    page = text(signed_in(cast.supervisor).get(f"/accounts/{of.pk}/{path}"))
    assert sentence in page
    assert "<textarea" not in page


def test_a_decision_without_its_reason_opens_its_dialog_again(cast: Cast) -> None:
    row, boss = proved(cast), signed_in(cast.supervisor)
    for name in ("send-back", "revoke"):
        answer = boss.post(f"/orders/{row.pk}/{name}/", {"reason": " ", "read": read(boss, row)})
        assert answer.status_code == 422
        assert text(answer).count("data-zl-open") == 1
    opening("draft", cast, on=row.account)
    answer = boss.post(f"/orders/{row.pk}/execute/", {"reason": "看过平台", "read": read(boss, row)})
    assert answer.status_code == 409
    assert "有一件办理中的备案" in text(answer)
    assert text(answer).count("看过平台") == 2  # beside the refusal, and in the dialog
    answer = boss.post(f"/orders/{row.pk}/send-back/", {"reason": "看不清", "read": read(boss, row)}, follow=True)
    assert "办理证明已退回" in text(answer)
    assert "办理证明（已退回）" in text(answer)
    answer = boss.post(f"/orders/{row.pk}/revoke/", {"reason": "个人账号", "read": read(boss, row)}, follow=True)
    assert "已撤销" in text(answer)
    assert boss.post(f"/orders/{row.pk}/revoke/", {"reason": "再撤一次"}).status_code == 409


def test_each_role_has_its_own_buttons(cast: Cast) -> None:
    row = order(account(cast.unit, found=True))
    has = {
        who: [name for name in ("prove", "execute", "revoke") if f"/orders/{row.pk}/{name}/" in page]
        for who in ("operator", "leader", "officer", "supervisor")
        for page in [text(signed_in(getattr(cast, who)).get(f"/orders/{row.pk}/"))]
    }
    assert has == {"operator": ["prove"], "leader": [], "officer": [], "supervisor": ["execute", "revoke"]}


def test_the_list_says_what_it_found_in_as_many_queries_for_many(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    order(account(cast.unit, found=True), now=NOW)  # long overdue by the database's clock, or due today
    proved(cast)
    foreign = order(number="别的单位1号")
    officer = signed_in(cast.officer)
    with django_assert_max_num_queries(22) as few:
        page = text(officer.get("/orders/"))
    assert "3件责令关停没有办结" in page
    assert "1件待确认执行" in page
    for _ in range(5):
        order(account(cast.unit, found=True))
    with django_assert_max_num_queries(len(few)):
        officer.get("/orders/")
    assert foreign.number not in text(signed_in(cast.operator).get("/orders/"))
    assert signed_in(cast.operator).get(f"/orders/{foreign.pk}/").status_code == 404
    assert "还没有终结的责令关停" in text(officer.get("/orders/?show=ended"))
    assert "没有未办结的责令关停" in text(signed_in(user(Role.LEADER, Cast().unit)).get("/orders/"))
