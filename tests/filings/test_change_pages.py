"""附件4 on its pages: old beside new, folded what stays; who may, what is refused, what everybody reads of it."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Account
from filings import reporting
from filings.models import Filing
from tests.factories import NOW, Cast, account, change, closing, opening, platform, user
from tests.uploads import png

pytestmark = pytest.mark.django_db
PNG = png()


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def row(cast: Cast) -> Account:
    return account(cast.unit, name="示例甲街道", intro="辖区资讯", verified_entity=cast.unit.name)


@pytest.fixture
def operator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.operator)
    return client


def started(operator: Client, row: Account, field: str = "") -> Filing:
    operator.post("/filings/open/change/", {"account": row.pk, "field": field})
    return Filing.objects.get(account=row)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_from_the_line_that_is_wrong_to_its_field(operator: Client, row: Account) -> None:
    answer = operator.post("/filings/open/change/", {"account": row.pk, "field": "intro"})
    filing = Filing.objects.get(account=row)
    assert answer["Location"] == f"/filings/{filing.pk}/edit/#id_intro"
    html = operator.get(f"/filings/{filing.pk}/edit/").content.decode()
    assert 'id="id_intro"' in html
    assert 'id="id_name"' not in html
    assert "改这一项：账号名称" in text(html).replace(" ", "")
    assert "辖区资讯" in html


def test_an_item_is_opened_changed_and_left_alone_again_without_script(operator: Client, row: Account) -> None:
    filing = started(operator, row)
    url = f"/filings/{filing.pk}/edit/items/"
    assert operator.post(url, {"change": "name"})["Location"] == f"{url}#id_name"
    operator.post(url, {"open": "name", "name": "示例甲街道发布"})
    html = operator.get(url).content.decode()
    assert 'value="示例甲街道发布"' in html
    assert '<span id="changed">1</span>' in html
    operator.post(url, {"open": "name", "name": "示例甲街道发布", "keep": "name"})
    html = operator.get(url).content.decode()
    assert 'id="id_name"' not in html
    assert '<span id="changed">0</span>' in html


def test_the_review_sets_old_beside_new_and_the_announcement_is_drafted(operator: Client, row: Account) -> None:
    filing = started(operator, row)
    edit = f"/filings/{filing.pk}/edit"
    operator.post(f"{edit}/items/", {"open": "name", "name": "示例甲街道发布"})
    html = operator.get(f"{edit}/reasons/").content.decode()
    assert "更名为“示例甲街道发布”" in html
    operator.post(f"{edit}/reasons/", {"reason": "统一名称", "notice_text": "更名公告"})
    html = operator.get(f"{edit}/review/").content.decode()
    assert "<del>示例甲街道</del>" in html
    assert "<ins>示例甲街道发布</ins>" in html
    assert "公告没有写明新名称" in html
    operator.post(f"{edit}/reasons/", {"reason": "统一名称", "notice_text": "更名公告", "go": "draft"})
    assert "公告没有写明新名称" not in operator.get(f"{edit}/review/").content.decode()
    assert operator.post(f"/filings/{filing.pk}/submit/").status_code == 302
    filing.refresh_from_db()
    assert [(i.field, i.old, i.new) for i in filing.items.all()] == [("name", "示例甲街道", "示例甲街道发布")]


def test_nothing_changed_is_not_submitted(operator: Client, row: Account) -> None:
    filing = started(operator, row)
    operator.post(f"/filings/{filing.pk}/edit/reasons/", {"reason": "没有变化", "operator_phone": "0519-0000"})
    answer = operator.post(f"/filings/{filing.pk}/submit/")
    assert answer.status_code == 422
    assert "还没有变更事项" in answer.content.decode()


def test_a_new_avatar_is_a_picture_and_may_be_taken_back(operator: Client, row: Account) -> None:
    filing = started(operator, row, "avatar")
    url = f"/filings/{filing.pk}/edit/items/"
    paper = SimpleUploadedFile("头像.pdf", b"%PDF-1.4")
    answer = operator.post(url, {"open": "avatar", "avatar": paper})
    assert answer.status_code == 422
    assert "“头像.pdf”没有上传" in answer.content.decode()
    operator.post(url, {"open": "avatar", "avatar": SimpleUploadedFile("头像.png", PNG)})
    assert '<span id="changed">1</span>' in operator.get(url).content.decode()
    operator.post(url, {"open": "avatar", "keep": "avatar"})
    assert '<span id="changed">0</span>' in operator.get(url).content.decode()


def test_an_avatar_that_another_press_replaced_first_is_no_conflict(
    operator: Client, row: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = started(operator, row, "avatar")
    url = f"/filings/{filing.pk}/edit/items/"
    operator.post(url, {"open": "avatar", "avatar": SimpleUploadedFile("头像.png", PNG)})
    attach = reporting.attach

    def after_the_other_press(*args: Any, **named: Any) -> Any:
        filing.attachments.update(removed_at=NOW)
        return attach(*args, **named)

    monkeypatch.setattr(reporting, "attach", after_the_other_press)
    answer = operator.post(url, {"open": "avatar", "avatar": SimpleUploadedFile("新头像.png", PNG)})
    assert answer.status_code != 409
    assert [one.name for one in filing.attachments.filter(removed_at__isnull=True)] == ["新头像.png"]


def test_the_rules_speak_while_it_is_typed(operator: Client, cast: Cast, row: Account) -> None:
    account(cast.unit, platform=platform("weibo"), name="示例甲街道微博")
    filing = started(operator, row, "name")
    operator.post(f"/filings/{filing.pk}/save/", {"step": "items", "open": "name", "name": "示例甲街道发布"})
    html = operator.get(f"/filings/{filing.pk}/rules/items/?red=").content.decode()
    assert 'id="changed" hx-swap-oob="true">1<' in html
    assert "与本单位在新浪微博的名称“示例甲街道微博”不同" in html or "示例甲街道微博" in html


def test_the_leader_reads_what_changes_why_and_what_is_announced(client: Client, cast: Cast, row: Account) -> None:
    filing = change("leader_review", cast, on=row, name="示例甲街道发布", notice_text="示例甲街道发布更名公告")
    client.force_login(cast.leader)
    html = client.get(f"/filings/{filing.pk}/approve/").content.decode()
    assert "<ins>示例甲街道发布</ins>" in html
    assert "示例变更原因" in html
    assert "示例甲街道发布更名公告" in html
    assert "示例变更原因" in client.get("/").content.decode()
    closed = closing("leader_review", cast, on=account(cast.unit, platform=platform("weibo")))
    assert "用户关注度低" in client.get(f"/filings/{closed.pk}/approve/").content.decode()


def test_pages_of_the_office_show_every_kind_in_a_fixed_number_of_queries(
    client: Client, cast: Cast, row: Account, django_assert_max_num_queries: object
) -> None:
    codes = ("wechat", "weibo", "kuaishou", "toutiao")
    rows = [account(cast.unit, platform=platform(code), kind="subscription" * (code == "wechat")) for code in codes]
    filings = [change("office_review", cast, on=rows[0], name="示例待审变更")]
    filings += [closing("office_review", cast, on=rows[1]), closing("office_review", cast, on=rows[2], kind="cancel")]
    filings += [opening("office_review", cast, same_platform_reason="示例")]
    client.force_login(cast.officer)
    assert "示例待审变更" not in client.get("/filings/exchange/").content.decode()
    with_four = counted(client, "/")
    change("office_review", cast, on=rows[3], name="示例又一个变更")
    change("office_review", cast, on=row, intro="又一个")
    assert counted(client, "/") == with_four
    for filing in filings:
        assert client.get(f"/filings/{filing.pk}/").status_code == 200


def counted(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_what_can_be_filed_stands_with_each_account_and_why_not(operator: Client, cast: Cast, row: Account) -> None:
    html = text(operator.get("/filings/new/").content.decode())
    assert "名称、主办单位、人员等有变化" in html
    before = counted(operator, "/filings/new/")
    busy = change("leader_review", cast, on=account(cast.unit, platform=platform("weibo")))
    html = operator.get("/filings/new/").content.decode()
    assert "有一件办理中的变更报备" in html
    assert counted(operator, "/filings/new/") <= before + 1
    html = operator.get(f"/accounts/{busy.account_id}/").content.decode()
    assert "同一账号同时只办一件" in html
    assert "变更报备" in operator.get(f"/accounts/{row.pk}/").content.decode()


def test_a_change_that_was_withdrawn_can_be_begun_anew(operator: Client, cast: Cast, row: Account) -> None:
    ended = change("withdrawn", cast, on=row)
    html = operator.get(f"/filings/{ended.pk}/").content.decode()
    assert 'action="/filings/open/change/"' in html
    assert operator.post("/filings/open/change/", {"account": row.pk}).status_code == 302
    assert "按变更" not in html


def test_lists_search_and_the_tab_of_the_account_know_changes(operator: Client, cast: Cast, row: Account) -> None:
    filing = change("office_review", cast, on=row, name="示例甲街道发布")
    assert row.name in operator.get("/filings/?kind=change").content.decode()
    assert str(filing.number) in operator.get("/filings/?q=示例甲街道发布").content.decode()
    assert operator.get(f"/accounts/{row.pk}/filings/").status_code == 200


def test_an_unknown_person_sees_nothing_of_it(client: Client, row: Account, cast: Cast) -> None:
    filing = change("draft", cast, on=row)
    client.force_login(user("operator", Cast().unit))
    assert client.get(f"/filings/{filing.pk}/").status_code == 404
    assert client.post("/filings/open/change/", {"account": row.pk}).status_code == 404
