"""公告 as a feed: well-formed whatever was typed, no more than the pages say, and changed when they change."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.models import Role
from filings import announcing, reporting, reviewing
from filings.models import Announcement, Filing
from tests.factories import NOW, Cast, account, change, closing, read, user

pytestmark = pytest.mark.django_db
FEED = "/announcements/feed/"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LATER = NOW + timedelta(days=2)


def entries(client: Client, host: str = "testserver") -> list[ElementTree.Element]:
    answer = client.get(FEED, headers={"host": host})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    return ElementTree.fromstring(answer.content).findall("a:entry", ATOM)  # our own


def said(entry: ElementTree.Element, tag: str) -> str:
    return str(entry.findtext(f"a:{tag}", namespaces=ATOM))


@pytest.fixture
def filing() -> Filing:
    text = "关于示例停更的公告\n第一行 <b>&\x0b\x1b\ufffe\n第二行"
    return closing("accepted", Cast(), notice_text=text)


def test_an_entry_says_what_the_page_says_in_valid_xml(filing: Filing, client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["example.cn", "testserver"]
    row = filing.announcements.get()
    entry, *others = entries(client, "example.cn")
    assert others == []
    assert (said(entry, "title"), said(entry, "updated")) == (row.title, "2026-11-24T14:05:00+08:00")
    assert said(entry, "summary") == "<p>第一行 &lt;b&gt;&amp;</p><p>第二行</p>"
    assert said(entry, "author/a:name") == filing.unit.name
    link = entry.find("a:link", ATOM)
    assert link is not None
    assert link.get("href") == f"http://example.cn/announcements/{row.pk}/"
    assert said(entries(client)[0], "id") == said(entry, "id")  # the same under another name
    assert said(entry, "id").startswith("urn:uuid:")


def test_a_corrected_one_says_so_and_is_newer(filing: Filing, client: Client) -> None:
    cast, row = filing.cast, filing.announcements.get()  # type: ignore[attr-defined]
    before = said(entries(client)[0], "id")
    announcing.correct(filing.pk, corrects=row.pk, text="关于示例的公告\n改正", by=cast.operator, now=LATER)
    newest, old = entries(client)
    assert said(newest, "title") == "更正：关于示例的公告"
    assert said(old, "title").endswith("（已更正）")
    assert "本公告已更正，以更正公告为准。" in said(old, "summary")
    assert said(old, "updated") == said(newest, "updated") == "2026-11-26T14:05:00+08:00"
    assert said(old, "id") == before != said(newest, "id")


@pytest.mark.parametrize(
    ("ended", "doubt"), [(False, "该事项正在重新办理"), (True, "该事项不再办理")], ids=["undone", "withdrawn"]
)
def test_one_whose_acceptance_was_undone_says_so(filing: Filing, client: Client, ended: bool, doubt: str) -> None:
    cast = filing.cast  # type: ignore[attr-defined]
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="核对有误，需要重来")
    if ended:
        reporting.withdraw(
            filing.pk, by=cast.operator, reason="不再关停", on_platform=False, now=LATER + timedelta(hours=1)
        )
    (entry,) = entries(client)
    assert said(entry, "title").endswith(f"（{doubt}）")
    assert f"<p>{doubt}。</p>" in said(entry, "summary")
    assert said(entry, "updated") == "2026-11-26T14:05:00+08:00"


def test_who_has_it_is_told_so_until_something_changes(filing: Filing, client: Client) -> None:
    first = client.get(FEED)
    assert "Last-Modified" not in first
    assert client.get(FEED, headers={"if-none-match": first["ETag"]}).status_code == 304
    cast = filing.cast  # type: ignore[attr-defined]
    reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="核对有误，需要重来")
    assert client.get(FEED, headers={"if-none-match": first["ETag"]}).status_code == 200
    assert client.post(FEED).status_code == 405


def test_a_draft_is_in_no_feed_and_fifty_are_the_most(
    filing: Filing, client: Client, django_assert_max_num_queries: Any
) -> None:
    Announcement.objects.create(filing=filing, state="draft", text="还没有公布")
    assert len(entries(client)) == 1
    Announcement.objects.bulk_create(
        Announcement(filing=filing, state="published", text=f"第{n}号", published_at=NOW, by=None) for n in range(60)
    )
    with django_assert_max_num_queries(4):
        found = entries(client)
    assert len(found) == 50
    assert "还没有公布" not in {said(entry, "summary") for entry in found}


def test_public_pages_name_the_feed(client: Client) -> None:
    line = f'<link rel="alternate" type="application/atom+xml" title="钟楼区政务新媒体公告" href="{FEED}">'
    assert line in client.get("/announcements/").content.decode()


def test_the_pages_of_the_account_show_its_announcements(client: Client) -> None:
    """Also to who reads no filings: what is public is public."""
    cast = Cast()
    row = account(cast.unit, name="示例旧名")
    change("completed", cast, on=row, name="示例新名", notice_text="关于示例更名的公告\n更名。")
    told = Announcement.objects.get()
    for role, address in (
        (Role.OFFICER, f"/accounts/{row.pk}/filings/"),
        (Role.OFFICER, f"/accounts/{row.pk}/"),
        (Role.ADMIN, f"/accounts/{row.pk}/"),
    ):
        client.force_login(user(role))
        shown = client.get(address).content.decode()
        assert "公告（1条）" in shown
        assert f'href="/announcements/{told.pk}/">关于示例更名的公告</a>' in shown
    other = account(Cast().unit)
    assert "公告（" not in client.get(f"/accounts/{other.pk}/").content.decode()
