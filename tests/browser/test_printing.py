"""The page to print (附件2–4), as Chromium prints it: one page where one is enough, and never a word lost."""

import re
import unicodedata
from collections import Counter

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from filings.models import Draft, Filing
from filings.printing import form, names
from tests import pdf_pages
from tests.browser.test_pages import session_of
from tests.factories import NOW
from tests.filings.printed import KINDS, LONG, empty, ordinary, overfull, required

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.needs_sqlite]


def test_each_page_prints_on_one_sheet_and_loses_nothing(browser: Browser, live_server: LiveServer) -> None:
    found, said, marks = {}, {}, {}
    for kind in KINDS:
        draft, marks[kind] = overfull(kind)
        Draft.objects.filter(pk=draft.pk).update(data=storable(draft.draft.data))
        made = {"required": (required(kind), False), "ordinary": (ordinary(kind), False), "500": (draft, True)}
        made["blank"] = (empty(kind), True)
        for label, (filing, typed) in made.items():
            filing = Filing.objects.get(pk=filing.pk)
            said[f"{kind}-{label}"] = form.printed(filing, phones=True, typed=typed, now=NOW)
            found[f"{kind}-{label}"] = print_of(browser, live_server.url, filing)
    pdf_pages.forget("page-")
    for name, pdf in found.items():
        pdf_pages.pictures(pdf, f"page-{name}")
    pages = {name: pdf_pages.pages(pdf) for name, pdf in found.items()}
    assert {name: len(text) for name, text in pages.items() if not name.endswith("-500")} == {
        f"{kind}-{label}": 1 for kind in KINDS for label in ("blank", "required", "ordinary")
    }
    assert {name: lost(said[name], pages[name]) for name in said} == {name: Counter() for name in said}
    assert {name for name, text in pages.items() if "草稿（未冻结）" in "".join(text)} == {
        f"{kind}-{label}" for kind in KINDS for label in ("blank", "500")
    }
    for kind in KINDS:
        shown = Counter("".join(pages[f"{kind}-500"]))
        assert min(shown[marks[kind][name]] for name in ("remarks", "operator_phone")) == LONG


def print_of(browser: Browser, server: str, filing: Filing) -> bytes:
    assert filing.author is not None
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(filing.author.username), "url": server}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{server}{reverse('filings:print', args=[filing.pk])}?typed")
    pdf = page.pdf(prefer_css_page_size=True)
    context.close()
    return pdf


def storable(data: dict[str, object]) -> dict[str, object]:
    """What the page that types it would have kept: no NUL, nothing that is no character."""

    def kept(value: object) -> object:
        if isinstance(value, list):
            return [kept(one) for one in value]
        return value.replace("\x00", "").replace("\ud800", "") if isinstance(value, str) else value

    return {name: kept(value) for name, value in data.items()}


def lost(said: form.Printed, pages: list[str]) -> Counter[str]:
    told = [said.shown(name) for name in names.fields(said.form)]
    told += [part for line in said.items for part in (line.label, line.old, line.new)]
    return Counter(bare("".join(told))) - Counter(bare("".join(pages)))


def bare(text: str) -> str:
    """As it is compared: one form of each character, no spaces, nothing that has no shape."""
    return re.sub(r"[\s\x00-\x1f\ufffe\x02]", "", unicodedata.normalize("NFKC", text))
