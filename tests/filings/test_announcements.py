"""公告: public once the filing is accepted, immutable, corrected by a new one that names it."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Role
from filings import announcing, reviewing
from filings.models import Announcement, Filing
from tests.factories import NOW, Cast, account, change, closing, opening, read, user
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState

pytestmark = pytest.mark.django_db
TEXT = "示例停更公告：自2026年12月1日起停止更新。"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def announced(cast: Cast) -> Announcement:
    filing = closing("accepted", cast, notice_text=TEXT, notice_place="本账号置顶")
    return filing.announcements.get()


def test_nothing_is_public_before_the_office_has_accepted(cast: Cast, client: Client) -> None:
    filing = closing("office_review", cast, notice_text=TEXT)
    assert not filing.announcements.exists()
    assert TEXT not in client.get("/announcements/").content.decode()
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=NOW)
    row = filing.announcements.get()
    assert (row.text, row.state, row.published_at, row.corrects) == (TEXT, "published", NOW, None)
    page = client.get(f"/announcements/{row.pk}/").content.decode()
    assert TEXT in page
    assert f"关于“{filing.registered.name}”关停的公告" in client.get("/announcements/").content.decode()


def test_its_title_is_its_own_and_a_later_name_of_the_account_changes_nothing(cast: Cast) -> None:
    text = "关于抖音账号“示例旧名”更名的公告\n更名为“示例新名”。"
    filing = change("completed", cast, on=account(cast.unit, name="示例旧名"), name="示例新名", notice_text=text)
    row = filing.announcements.get()
    assert filing.registered.name == "示例新名"
    assert row.title == row.heading == "关于抖音账号“示例旧名”更名的公告"
    assert row.title not in row.lines
    other = Cast()
    bare = change(
        "completed", other, on=account(other.unit, name="示例甲"), name="示例乙", notice_text="示例甲更名为示例乙。"
    ).announcements.get()
    assert bare.title == "关于“示例甲”变更的公告"


def test_an_opening_announces_nothing(cast: Cast) -> None:
    assert not opening("accepted", cast).announcements.exists()


def test_accepted_again_with_the_same_words_it_is_not_announced_twice(cast: Cast) -> None:
    row = announced(cast)
    filing = Filing.objects.get(pk=row.filing_id)
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="核对有误")
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=NOW)
    assert filing.announcements.count() == 1


def test_what_is_public_cannot_be_changed_nor_deleted(cast: Cast) -> None:
    row = announced(cast)
    with pytest.raises(IntegrityError, match="不能修改"), transaction.atomic():
        Announcement.objects.filter(pk=row.pk).update(text="改过的")
    with pytest.raises(IntegrityError, match="不能删除"), transaction.atomic():
        row.delete()


def test_a_correction_names_the_old_one_and_both_are_public(cast: Cast, client: Client) -> None:
    row = announced(cast)
    client.force_login(cast.operator)
    url = f"/filings/{row.filing_id}/announcement/"
    assert TEXT in client.get(url).content.decode()
    empty = client.post(url, {"text": "", "place": "本单位网站", "corrects": row.pk})
    assert empty.status_code == 422
    assert "请填写公告内容" in empty.content.decode()
    assert "本单位网站" in empty.content.decode()
    done = client.post(
        url, {"text": "示例更正：自12月5日起停止更新。", "on": "2026-11-25", "corrects": row.pk}, follow=True
    )
    assert "更正公告已公布" in done.content.decode() or done.status_code == 200
    new = Announcement.objects.get(corrects=row)
    anonymous = Client()
    assert "本公告已更正，以更正公告为准" in anonymous.get(f"/announcements/{row.pk}/").content.decode()
    assert "示例更正" in anonymous.get(f"/announcements/{new.pk}/").content.decode()
    assert announcing.standing(row.filing) == new


@pytest.mark.parametrize(
    ("case", "error", "words"),
    [
        ("leader", NotAllowed, "发布公告"),
        ("other unit", NotAllowed, "发布公告"),
        ("the same", Refused, "不用更正"),
        ("corrected before", WrongState, "刚刚有人更正过"),
    ],
)
def test_who_and_what_may_not_correct(cast: Cast, case: str, error: type[Refused], words: str) -> None:
    row = announced(cast)
    if case == "corrected before":
        announcing.correct(row.filing_id, corrects=row.pk, text="先更正的", by=cast.operator, now=NOW)
    by = {"leader": cast.leader, "other unit": user(Role.OPERATOR, Cast().unit)}.get(case, cast.operator)
    text, place = (TEXT, "本账号置顶") if case == "the same" else ("再更正", "")
    before = Announcement.objects.count()
    with pytest.raises(error, match=words):
        announcing.correct(row.filing_id, corrects=row.pk, text=text, place=place, by=by, now=NOW)
    assert Announcement.objects.count() == before


def test_a_draft_is_no_public_page(cast: Cast, client: Client) -> None:
    filing = closing("office_review", cast)
    row = Announcement.objects.create(filing=filing, text="草稿")
    assert client.get(f"/announcements/{row.pk}/").status_code == 404


def test_a_page_from_before_a_colleagues_correction_corrects_nothing(cast: Cast, client: Client) -> None:
    row = announced(cast)
    announcing.correct(row.filing_id, corrects=row.pk, text="同事先更正的", by=cast.operator, now=NOW)
    client.force_login(cast.operator)
    url = f"/filings/{row.filing_id}/announcement/"
    answer = client.post(url, {"text": "我写的更正", "corrects": row.pk})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "我写的更正" in page
    assert "同事先更正的" in page
    assert Announcement.objects.count() == 2
    again = announcing.standing(row.filing)
    assert again is not None
    assert f'name="corrects" value="{again.pk}"' in page


def test_what_the_last_acceptance_read_is_what_stands_not_what_was_once_public(cast: Cast) -> None:
    filing = Filing.objects.get(pk=announced(cast).filing_id)
    for text in ("示例第二稿，自2026年12月5日起停止更新。", TEXT):
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="核对有误")
        last = announcing.standing(filing)
        assert last is not None
        with pytest.raises(WrongState, match="审核通过已撤销"):
            announcing.correct(filing.pk, corrects=last.pk, text="更正", by=cast.operator, now=NOW)
        filing.closing.notice_text = text
        filing.closing.save()
        reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=NOW)
        filing = Filing.objects.get(pk=filing.pk)
        last = announcing.standing(filing)
        assert last is not None
        assert last.text == text
    assert filing.announcements.count() == 3


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("自____年__月__日起停止更新", True),
        ("自2026年__月__日起停止更新", True),
        ("自2026年12月1日起停止更新", False),
        ("账号“zl_media”停止更新", False),
    ],
)
def test_a_blank_is_not_made_public(cast: Cast, text: str, blanks: bool) -> None:
    assert announcing.has_blanks(text) is blanks
    if not blanks:
        return
    with pytest.raises(Incomplete) as stopped:
        closing("leader_review", cast, notice_text=text)
    assert "公告还有没填的空白" in stopped.value.errors["notice_text"][0]
    with pytest.raises(Incomplete) as stopped:
        change("leader_review", Cast(), name="示例新名", notice_text=f"“示例新名”{text}")
    assert "公告还有没填的空白" in stopped.value.errors["notice_text"][0]
    filing = closing("office_review", Cast())
    filing.closing.notice_text = text
    filing.closing.save()
    with pytest.raises(Refused, match="没填的空白"):
        reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=NOW)


def test_the_drafted_text_leaves_an_unknown_day_out(cast: Cast) -> None:
    filing = change("draft", cast, name="示例新名", effective_on="")
    text = announcing.change_text(filing, {"name": "示例新名"})
    assert not announcing.has_blanks(text)
    assert "更名为“示例新名”" in text


def test_accepted_again_a_correction_stays(cast: Cast) -> None:
    row = announced(cast)
    new = announcing.correct(row.filing_id, corrects=row.pk, text="更正过的", by=cast.operator, now=NOW)
    filing = Filing.objects.get(pk=row.filing_id)
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="核对有误")
    reviewing.accept(filing.pk, by=cast.officer, read=read(filing), now=NOW)
    assert announcing.standing(filing) == new
