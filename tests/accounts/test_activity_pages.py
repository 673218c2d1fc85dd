"""The pages on which an operator records: what they show, take, refuse and never forget."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import activity
from accounts.confirming import overdue_by
from accounts.models import Account, Message, Publication, Role, Unit
from tests.accounts.recording import asked, text_of
from tests.factories import account, platform, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def marks(*accounts: Account) -> list[str]:
    """What the page says of these accounts before they are confirmed."""
    for one in accounts:
        one.refresh_from_db()
    return [item.mark for item in overdue_by(accounts, db_now()).values()]


@pytest.fixture
def operator(of: Unit, client: Client) -> User:
    person = user(Role.OPERATOR, of)
    client.force_login(person)
    return person


@pytest.fixture
def on(of: Unit) -> Account:
    return account(of, name="示例发布", now=db_now() - 30 * DAY)


def sent(client: Client, address: str, data: dict[str, Any], status: int = 200) -> str:
    answer = client.post(address, data, follow=True)
    assert answer.status_code == status
    return answer.content.decode()


# --- the cards ------------------------------------------------------------------------------------------------------


def test_a_card_for_each_account_with_what_is_due(client: Client, operator: User, on: Account) -> None:
    now = db_now()
    activity.publish(on.pk, published_at=now - 2 * DAY, by=operator, now=now)
    asked(on, operator, 25 * HOUR, body="社保卡在哪里补办")
    asked(on, operator, HOUR, body="几点开门")
    foreign = account(name="示例别家")
    text = text_of(client, "/activity/")
    on.refresh_from_db()
    assert "2条咨询待回复" in text
    assert "1条已逾期" in text
    for words in ("示例发布", "社保卡在哪里补办", "几点开门", due24(on.next_update_due_at), "发了一条", "收到留言"):  # type: ignore[arg-type]
        assert words in text
    assert text.index("社保卡") < text.index("几点开门")
    assert foreign.name not in text
    assert "确认后，截至现在没有登记的发布和留言视为没有；据此判断是否逾期。" in text


def test_what_is_due_first_comes_first(client: Client, operator: User, of: Unit) -> None:
    now = db_now()
    account(of, name="示例新号", now=now)
    account(of, name="示例老号", platform=platform("weibo"), now=now - 6 * DAY)
    text = text_of(client, "/activity/")
    assert text.index("示例老号") < text.index("示例新号")


def test_accounts_that_nothing_judges_stand_below_and_can_be_recorded(client: Client, operator: User, of: Unit) -> None:
    found = account(of, name="示例没备案", found=True)
    text = text_of(client, "/activity/")
    assert "其他账号（1个）" in text
    assert f"/accounts/{found.pk}/publish/" in text
    assert "都确认数据截至现在" not in text


def test_a_unit_without_accounts_is_told_what_will_be_here(client: Client, operator: User) -> None:
    assert "本单位还没有账号" in text_of(client, "/activity/")


def test_the_number_of_queries_of_the_cards_does_not_grow(client: Client, operator: User, of: Unit) -> None:
    def row(number: int) -> None:
        made = account(of, name=f"号{number}", same_platform_reason="示例", now=db_now() - 9 * DAY)
        for hours in (1, 2, 3, 4, 5):
            asked(made, operator, hours * HOUR)

    row(0)
    client.get("/activity/")
    with CaptureQueriesContext(connection) as few:
        client.get("/activity/")
    for number in range(1, 6):
        row(number)
    with CaptureQueriesContext(connection) as many:
        client.get("/activity/")
    assert len(few) == len(many) <= 26


# --- 确认数据截至现在 ------------------------------------------------------------------------------------------------


def test_one_button_confirms_every_account_of_the_cards(client: Client, operator: User, of: Unit, on: Account) -> None:
    before = db_now()
    other, foreign = account(of, platform=platform("weibo"), now=before), account(now=before)
    assert "2个账号的数据已确认截至" in sent(
        client, "/activity/confirm/", {"account": [on.pk, other.pk], "overdue": marks(on)}
    )
    for row in (on, other):
        row.refresh_from_db()
        assert row.posts_known_until is not None
        assert row.posts_known_until >= before
        assert row.posts_known_until == row.messages_known_until
    foreign.refresh_from_db()
    assert foreign.posts_known_until is None


def test_one_account_is_confirmed_from_its_page_and_comes_back(client: Client, operator: User, on: Account) -> None:
    page = f"/accounts/{on.pk}/"
    assert f'action="/accounts/{on.pk}/confirm/"' in text_of(client, page)
    answer = client.post(f"/accounts/{on.pk}/confirm/", {"next": page, "overdue": marks(on)})
    assert answer["Location"] == page
    text = text_of(client, page)
    assert "的数据已确认截至" in text
    assert "confirm_known" not in text  # the history of the account is not buried


@pytest.mark.parametrize("back", ["https://elsewhere.invalid/", "//elsewhere.invalid/"])
def test_back_never_leads_elsewhere(client: Client, operator: User, on: Account, back: str) -> None:
    answer = client.post(f"/accounts/{on.pk}/confirm/", {"next": back})
    assert answer["Location"] == f"/accounts/{on.pk}/activity/"


# --- 发了一条 --------------------------------------------------------------------------------------------------------


def test_one_tap_records_a_publication_of_just_now(client: Client, operator: User, on: Account) -> None:
    text = text_of(client, f"/accounts/{on.pk}/publish/?next=/activity/")
    assert 'type="datetime-local"' in text
    assert 'value="now" ' in text
    before = db_now()
    answer = client.post(f"/accounts/{on.pk}/publish/", {"when": "now", "title": "", "next": "/activity/"})
    assert answer["Location"] == "/activity/"
    row = Publication.objects.get()
    assert before - MINUTE < row.published_at <= db_now()
    on.refresh_from_db()
    assert f"已登记发布。下次应在 {due24(on.next_update_due_at)} 前更新。" in text_of(client, "/activity/")  # type: ignore[arg-type]


def test_all_that_can_be_told_of_a_publication(client: Client, operator: User, on: Account) -> None:
    data = {
        "when": "at",
        "published_at": "2026-01-05T08:30",
        "title": "示例",
        "url": "https://example.invalid/1",
        "original": "on",
        "reviewers": "吴九、孙七",
    }
    sent(client, f"/accounts/{on.pk}/publish/", data)
    row = Publication.objects.get()
    assert due24(row.published_at) == "2026-01-05 08:30"
    assert (row.title, row.url, row.original, row.reviewers) == (
        "示例",
        "https://example.invalid/1",
        True,
        "吴九、孙七",
    )


def test_a_double_tap_records_once_and_says_the_same(client: Client, operator: User, on: Account) -> None:
    data = {"when": "now", "title": "示例", "token": "t-1"}
    first, second = (sent(client, f"/accounts/{on.pk}/publish/", data) for _ in range(2))
    assert "已登记发布《示例》。" in first
    assert "已登记发布《示例》。" in second
    assert Publication.objects.count() == 1


def test_every_form_has_a_token_of_its_own(client: Client, operator: User, on: Account) -> None:
    pages = [client.get(f"/accounts/{on.pk}/publish/") for _ in range(2)]
    tokens = {page.context["form"].initial["token"] for page in pages}
    assert len(tokens) == 2
    assert all("no-store" in page["Cache-Control"] for page in pages)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"when": "at", "published_at": "2099-01-01T08:00"}, "发布时间不能晚于现在"),
        ({"when": "at", "published_at": "2001-01-01T08:00"}, "发布时间不能早于 2010 年，请核对年份。"),
        ({"when": "at", "published_at": ""}, "请填写发布时间。"),
        ({"published_at": ""}, "请填写发布时间。"),
        ({"when": "at", "published_at": "昨天"}, "发布时间请按 2026-11-24 14:05 的样子填写。"),
        ({"when": "now", "url": "mp.example.invalid/1"}, "链接要以 https:// 或 http:// 开头"),
        ({"when": "now", "title": "长" * 201}, "标题不能超过200个字。"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    client: Client, operator: User, on: Account, wrong: dict[str, str], words: str
) -> None:
    data = {"title": "我写的标题", "reviewers": "我写的审核人", "token": "t-9", **wrong}
    text = sent(client, f"/accounts/{on.pk}/publish/", data, status=422)
    assert words in text
    for typed in (data["title"], data["reviewers"], "t-9"):
        assert f'value="{typed}"' in text
    assert not Publication.objects.exists()


def test_a_half_typed_time_does_not_stand_in_the_way_of_just_now(client: Client, operator: User, on: Account) -> None:
    sent(client, f"/accounts/{on.pk}/publish/", {"when": "now", "published_at": "2099-01"})
    assert Publication.objects.get().published_at <= db_now()


def test_a_closed_account_is_told_what_a_publication_means(client: Client, operator: User, on: Account) -> None:
    Account.objects.filter(pk=on.pk).update(state="closed", state_since=db_now() - DAY, next_update_due_at=None)
    assert "这个账号已关停" in text_of(client, f"/accounts/{on.pk}/publish/")
    text = sent(client, f"/accounts/{on.pk}/publish/", {"when": "now"})
    assert "已关停后又发布的，会提出“私自重新上线”预警。" in text


def test_a_void_account_is_not_recorded(client: Client, operator: User, on: Account) -> None:
    Account.objects.filter(pk=on.pk).update(state="void", next_update_due_at=None)
    assert "现为作废，不再登记发布和留言" in text_of(client, f"/accounts/{on.pk}/publish/", status=409)


def test_removed_and_restored_from_the_tab(client: Client, operator: User, on: Account) -> None:
    now = db_now()
    row = activity.publish(on.pk, title="示例旧文", published_at=now - 3 * DAY, by=operator, now=now)
    tab = f"/accounts/{on.pk}/activity/"
    assert f"/publications/{row.pk}/remove/" in text_of(client, tab)
    assert "删除后这一条不再算更新" in text_of(client, f"/publications/{row.pk}/remove/")
    text = sent(client, f"/publications/{row.pk}/remove/", {"when": "now", "next": tab})
    assert "已登记删除。应更新时间按删除后的最近一次发布计算" in text
    assert "<del>示例旧文</del>" in text
    assert "已删除" in text
    assert "已登记删除，由" in sent(client, f"/publications/{row.pk}/remove/", {"when": "now"}, status=409)
    assert "已恢复" in sent(client, f"/publications/{row.pk}/restore/", {"next": tab})
    row.refresh_from_db()
    assert row.removed_at is None


def test_a_removal_before_its_publication_is_said_at_the_field(client: Client, operator: User, on: Account) -> None:
    now = db_now()
    row = activity.publish(on.pk, published_at=now - DAY, by=operator, now=now)
    data = {"when": "at", "removed_at": "2020-05-05T10:00"}
    text = sent(client, f"/publications/{row.pk}/remove/", data, status=422)
    assert "删除时间不能早于发布时间" in text
    assert 'value="2020-05-05T10:00"' in text


# --- 留言 -----------------------------------------------------------------------------------------------------------


def test_a_question_is_recorded_with_its_words_sealed(client: Client, operator: User, on: Account) -> None:
    text = text_of(client, f"/accounts/{on.pk}/ask/")
    assert "不要填写身份证号、电话等个人信息" in text
    text = sent(client, f"/accounts/{on.pk}/ask/", {"kind": "inquiry", "when": "now", "body": "几点开门"})
    row = Message.objects.get()
    assert row.reply_due_at is not None
    assert f"已登记留言。请在 {due24(row.reply_due_at)} 前回复。" in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_message")
        assert "几点开门".encode() not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "suggestion"}, "建议类留言不计回复期限。"),
        ({"replied": "now"}, "已登记回复，在 24 小时内。"),
        ({"when": "at", "asked_at": "2026-01-05T08:00"}, "应于 2026-01-06 08:00 前回复，已逾期"),
        (
            {"when": "at", "asked_at": "2026-01-05T08:00", "replied": "at", "replied_at": "2026-01-06T11:00"},
            "比应回复时间晚 3 小时，记为超时回复",
        ),
    ],
)
def test_what_a_question_means_is_told(
    client: Client, operator: User, on: Account, more: dict[str, str], words: str
) -> None:
    data = {"kind": "inquiry", "when": "now", **more}
    assert words in sent(client, f"/accounts/{on.pk}/ask/", data)


def test_an_identity_number_is_refused_and_the_words_stay(client: Client, operator: User, on: Account) -> None:
    data = {"kind": "help", "when": "now", "body": "我的号码是110101199003071234，请帮忙"}
    text = sent(client, f"/accounts/{on.pk}/ask/", data, status=422)
    assert "请勿填写身份证号（第二十一条）。" in text
    assert "我的号码是110101199003071234，请帮忙" in text
    assert not Message.objects.exists()


def test_one_tap_records_the_reply_and_a_second_tap_says_the_same(client: Client, operator: User, on: Account) -> None:
    row = asked(on, operator, 25 * HOUR)
    data = {"when": "now", "next": "/activity/"}
    first, second = (sent(client, f"/messages/{row.pk}/reply/", data) for _ in range(2))
    for text in (first, second):
        assert "已登记回复。比应回复时间晚 1 小时，记为超时回复" in text
    row.refresh_from_db()
    assert row.is_late(db_now())


def test_a_colleague_is_told_who_was_first(client: Client, operator: User, on: Account, of: Unit) -> None:
    row = asked(on, operator, HOUR)
    activity.reply(row.pk, by=user(Role.OPERATOR, of, name="示例先手"), now=db_now())
    text = sent(client, f"/messages/{row.pk}/reply/", {"when": "now"}, status=409)
    assert "由示例先手于" in text


def test_a_reply_before_its_question_is_said_at_the_field(client: Client, operator: User, on: Account) -> None:
    row = asked(on, operator, HOUR)
    data = {"when": "at", "at": "2020-05-05T10:00"}
    text = sent(client, f"/messages/{row.pk}/reply/", data, status=422)
    assert "回复时间不能早于留言时间" in text
    assert 'value="2020-05-05T10:00"' in text
    assert Message.objects.unanswered().exists()


def test_a_question_changes_its_kind_or_is_withdrawn(client: Client, operator: User, on: Account) -> None:
    row = asked(on, operator, HOUR)
    assert "类型已改为投诉。投诉类留言不计回复期限。" in sent(
        client, f"/messages/{row.pk}/kind/", {"kind": "complaint"}
    )
    late = asked(on, operator, 30 * HOUR)
    assert "期限保留" in sent(client, f"/messages/{late.pk}/kind/", {"kind": "other"})
    assert "不用再回复" in sent(client, f"/messages/{late.pk}/withdraw/", {"when": "now"})
    text = sent(client, f"/messages/{late.pk}/reply/", {"when": "now"}, status=409)
    assert "撤回或删除，由" in text
    assert "请选择留言的类型。" in sent(client, f"/messages/{row.pk}/kind/", {"kind": "x"}, status=422)


@pytest.mark.parametrize("page", ["publish", "ask"])
def test_the_navigation_shows_under_which_page_one_records(
    client: Client, operator: User, on: Account, page: str
) -> None:
    text = text_of(client, f"/accounts/{on.pk}/{page}/")
    current = [part for part in text.split("<a ")[1:] if 'aria-current="page"' in part.partition(">")[0]]
    assert [part for part in current if 'href="/activity/"' in part.partition(">")[0]]
    assert not [part for part in current if 'href="/accounts/"' in part.partition(">")[0]]
