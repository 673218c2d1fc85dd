"""Where an answer leads back to: a page of ours, whatever the request says."""

import pytest
from django.test import RequestFactory

from zhonglou_media.core.answers import back_to


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/filings/?state=open", "/filings/?state=open"),
        ("http://testserver/filings/", "http://testserver/filings/"),
        ("", "/home/"),
        ("https://evil.example/", "/home/"),
        ("//evil.example/", "/home/"),
        ("/\\evil.example", "/home/"),
        ("javascript:alert(1)", "/home/"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_back_leads_to_a_page_of_ours_only(method: str, asked: str, leads: str) -> None:
    assert back_to(getattr(RequestFactory(), method)("/x/", {"next": asked}), "/home/") == leads


def test_what_is_posted_counts_before_what_stands_in_the_address() -> None:
    assert back_to(RequestFactory().post("/x/?next=/one/", {"next": "/two/"})) == "/two/"
    assert back_to(RequestFactory().post("/x/?next=/one/")) == "/one/"
    assert back_to(RequestFactory().get("/x/")) == ""
