"""What is typed into the search box of a list is never passed over: it is cut, and the page says so.

Passed over, it would show everything to somebody who asked for one thing.
"""

import pytest
from django.test import Client
from django.utils.html import strip_tags

from accounts import saved_filters
from accounts.models import Role, SavedFilter
from filings.forms.office import QueueFilter
from tests.factories import Cast, account, opening, user
from zhonglou_media.core.searching import MAX_TYPED, left_out, searched, words

CUT, DROPPED = "输入的文字太长，只按前 60 个字搜索。", "输入的文字里有不能搜索的字符，已略去。"
LONG = "示例甲" + "乙" * MAX_TYPED
FILLED = "示例甲" + " " * MAX_TYPED + "什么都不是"


@pytest.mark.parametrize(
    ("typed", "becomes", "told"),
    [
        ("示例甲", "示例甲", ""),
        ("  示例甲\t乙 ", "示例甲 乙", ""),
        ("甲" * MAX_TYPED, "甲" * MAX_TYPED, ""),
        (" " + "甲" * MAX_TYPED + " ", "甲" * MAX_TYPED, ""),
        ("甲" * (MAX_TYPED + 1), "甲" * MAX_TYPED, CUT),
        (FILLED, "示例甲", CUT),
        ("示例\x00甲", "示例 甲", DROPPED),
        ("\x00", "", DROPPED),
        ("示例\ud83d", "示例", DROPPED),
        ("\x07" + "甲" * MAX_TYPED, "甲" * (MAX_TYPED - 1), DROPPED + CUT),
        ("", "", ""),
    ],
)
def test_what_is_searched_for_and_what_is_left_out(typed: str, becomes: str, told: str) -> None:
    assert (searched(typed), left_out(typed)) == (becomes, told)
    assert words(searched(typed)) == words(typed.strip())


CASES = [("示例甲", True, ""), ("示例\x00甲", True, DROPPED), (FILLED, True, CUT), (LONG, False, CUT)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/filings/", "/accounts/"], ids=["queue", "filings", "register"])
def test_a_list_is_narrowed_by_what_is_left_and_says_what_is_not(client: Client, path: str) -> None:
    cast = Cast()
    if path == "/accounts/":
        account(name="示例甲")
        account(name="示例丙")
    else:
        opening("office_review", cast, name="示例甲")
        opening("office_review", cast, name="示例丙", platform="weibo")
    client.force_login(cast.officer)
    for typed, finds, told in CASES:
        page = client.get(path, {"q": typed}).content.decode()
        shown = strip_tags(page.partition("<main")[2])
        rows = page.partition("<tbody")[2]
        assert ("示例甲" in rows) is finds, typed
        assert "示例丙" not in rows, typed
        for said in (CUT, DROPPED):
            assert (said in shown) is (said == told), typed


def test_the_queue_is_used_where_something_is_left() -> None:
    used = {typed: QueueFilter({"q": typed}).is_used for typed in ("甲\x00", FILLED, "\x00", " ")}
    assert list(used.values()) == [True, True, False, False]


@pytest.mark.django_db
def test_what_is_kept_of_a_search_is_what_was_searched_for(client: Client) -> None:
    person = user(Role.OFFICER)
    client.force_login(person)
    client.get("/accounts/")
    page = client.get("/accounts/", {"q": f"甲{' ' * MAX_TYPED}乙", "state": "active"})
    query = page.context["query"]
    assert query == "q=%E7%94%B2&state=active"
    saved_filters.save("示例", query, by=person)
    assert SavedFilter.objects.get().query == query
