"""Every template: compiles, keeps the content policy, names only icons and files that exist."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory

from filings import kind_words
from scripts import vendor
from zhonglou_media.core import words
from zhonglou_media.core.templatetags import zl, zl_components
from zhonglou_media.portal import nav, styleguide

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(p.relative_to(ROOT / "templates").as_posix() for p in (ROOT / "templates").rglob("*.html"))
STATIC = sorted(p for folder in ("css", "js") for p in (ROOT / "static" / folder).iterdir())
FORBIDDEN = {
    "inline script": r"<script(?![^>]*\bsrc=)[^>]*>",
    "style block": r"<style\b",
    "style attribute": r"\sstyle\s*=",
    "event attribute": r"\son[a-z]+\s*=",
    "htmx event attribute": r"hx-on\b",
    "htmx event filter": r"hx-trigger\s*=\s*(\"[^\"]*\[|'[^']*\[)",
    "script in an address": r"javascript:|[\"'\s]js:",
    "foreign address": r"https?://",
}


def source(name: str) -> str:
    return (ROOT / "templates" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_keeps_the_content_policy(name: str) -> None:
    text = source(name)
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>x</script>", "inline script"),
        ('<p style="color:red">', "style attribute"),
        ('<a onclick="x()">', "event attribute"),
        ('<a hx-on:click="x()">', "htmx event attribute"),
        ("""<a hx-trigger="keyup[key=='Enter']">""", "htmx event filter"),
        ("""<a hx-vals='js:{a: 1}'>""", "script in an address"),
        ('<img src="https://example.com/a.png">', "foreign address"),
    ],
)
def test_the_policy_check_sees(text: str, what: str) -> None:
    assert re.search(FORBIDDEN[what], text, re.IGNORECASE)


@pytest.mark.parametrize("path", STATIC, ids=lambda p: p.name)
def test_own_static_files_fetch_nothing_and_evaluate_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import\s+url|\beval\(|new Function|\.innerHTML", text)


@pytest.mark.parametrize("name", TEMPLATES)
def test_static_files_named_exist(name: str) -> None:
    missing = [f for f in re.findall(r"{% static '([^']+)' %}", source(name)) if finders.find(f) is None]
    assert missing == []


def test_modules_imported_exist() -> None:
    for module in (ROOT / "static" / "js").glob("*.js"):
        for imported in re.findall(r'^import (?:.+ from )?"\./([^"]+)"', module.read_text(), re.MULTILINE):
            assert (module.parent / imported).is_file()


def test_icons_used_are_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons.svg").read_text()))
    used = {icon for name in TEMPLATES for icon in re.findall(r"""{% icon ["']([^"']+)["']""", source(name))}
    used |= set(words.STATE_ICONS.values()) | {icon for _, icon, _ in words.FLAGS.values()}
    used |= {icon for _, icon in words.UPPER.values()} | set(zl.DUE_ICONS.values())
    used |= set(zl_components.RULE_ICONS.values()) | set(zl_components.FILE_ICONS.values()) | {"photo", "file-text"}
    used |= {kind.icon for kind in kind_words.WORDS.values()}
    used |= {page.icon for _, pages in nav.GROUPS for page in pages}
    assert used - sprite == set()


def test_vendored_files_are_those_of_the_manifest() -> None:
    assert vendor.faults() == []
    manifest = json.loads((vendor.VENDOR / "manifest.json").read_text())
    assert all(m["version"] and m["licence"] and (vendor.VENDOR / m["licence_file"]).read_text() for m in manifest)
    assert all("sourceMappingURL" not in (vendor.VENDOR / m["file"]).read_text() for m in manifest)


class Balance(HTMLParser):
    """Finds ids given twice and tags that are not closed in order."""

    VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]}")


@pytest.mark.django_db
def test_styleguide_shows_every_component() -> None:
    request = RequestFactory().get("/styleguide/")
    html = styleguide.styleguide(request).content.decode()
    balance = Balance()
    balance.feed(html)
    assert balance.faults == []
    assert balance.open == []
    assert sorted(i for i in set(balance.ids) if balance.ids.count(i) > 1) == []
    tags = set(zl_components.register.tags)
    shown = source("portal/styleguide.html")
    assert {tag for tag in tags if f"{{% {tag} " not in shown} == set()


def test_500_needs_nothing() -> None:
    html = render_to_string("500.html")
    assert "系统出错了" in html


def test_htmx_evaluates_nothing_and_keeps_no_pages() -> None:
    found = re.search(r"content='([^']+)'", source("components/htmx_config.html"))
    assert found
    config = json.loads(found[1])
    off = ("allowEval", "allowScriptTags", "includeIndicatorStyles")
    assert [config[key] for key in off] == [False, False, False]
    assert config["historyCacheSize"] == 0
    swapped = [r["code"] for r in config["responseHandling"] if r["swap"]]
    assert [next(c for c in swapped if re.fullmatch(c, code)) for code in ("401", "409", "422")] == [
        "(401|409|422)"
    ] * 3
