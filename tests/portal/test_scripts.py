"""The small scripts, in Chromium, on a page made here: what they promise the templates."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
ADDRESS = "http://portal.test/"
PAGE = """<!DOCTYPE html><html lang="zh-CN"><body>
<div class="zl-errsum" tabindex="-1"><a href="#id_reason" data-zl-goto>理由：请填写。</a></div>
<span data-zl-saved="none"><span data-zl-words>填写后自动保存</span></span>
<form method="post" data-zl-autosave="/save/">
  <ol data-zl-tabs="steps"><li><button type="button" data-zl-show="s1" aria-current="step">1</button></li>
    <li><button type="button" data-zl-show="s2">2</button></li></ol>
  <section id="s1" data-zl-panel><input id="id_name" name="name"><button type="button" data-zl-step="s2">下一步</button>
    <input type="file" name="scan"></section>
  <div class="zl-upload"><input class="zl-upload__input" type="file" id="files" name="files" multiple>
    <input class="zl-upload__input" type="file" id="photos" name="files" data-zl-collect>
    <span data-zl-file></span></div>
  <div class="zl-upload"><input class="zl-upload__input" type="file" id="paper" name="paper">
    <input class="zl-upload__input" type="file" id="photo" name="paper"><span data-zl-file></span></div>
  <section id="s2" data-zl-panel hidden><textarea id="id_reason" name="reason" data-zl-count="500"></textarea>
    <p id="id_reason-n"></p></section>
</form>
<div><textarea id="rows" readonly>编号&#9;系统
ZLXMT&#9;全国</textarea><button type="button" data-zl-copy="#rows" hidden>复制</button><span role="status"></span></div>
<a href="#back" data-zl-dialog="back">退回</a>
<dialog id="back"><textarea id="why"></textarea><button type="button" data-zl-phrase="#why">请补附件</button>
  <a href="#main" data-zl-close>再看看</a></dialog>
<script type="module" src="/static/js/portal.js"></script></body></html>"""

pytestmark = pytest.mark.browser
Answers = list[tuple[int, str]]


@pytest.fixture
def answers() -> Answers:
    """What /save/ answers, in order; the last one again and again."""
    return [(200, '{"saved_at": "14:05"}')]


@pytest.fixture
def sent() -> list[str]:
    """The bodies that /save/ received."""
    return []


@pytest.fixture
def shown(page: Any, answers: Answers, sent: list[str]) -> Any:
    """The page above, open, with its files from the working tree; nothing leaves the browser."""

    def serve(route: Any) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("static/"):
            route.fulfill(path=STATIC / path.removeprefix("static/"), content_type="text/javascript")
        elif path == "save/":
            sent.append(route.request.post_data or "")
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
            route.fulfill(status=status, body=body, content_type="application/json")
        else:
            route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")

    page.route("**/*", serve)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(ADDRESS)
    yield page
    assert faults == []


def wait_for_words(page: Any, words: str) -> None:
    page.wait_for_function(
        "words => document.querySelector('[data-zl-words]').textContent.includes(words)", arg=words, timeout=8000
    )


def test_what_is_typed_is_saved_and_said(shown: Any, sent: list[str]) -> None:
    shown.fill("#id_name", "示例街道发布")
    wait_for_words(shown, "已保存 14:05")
    assert shown.get_attribute("[data-zl-saved]", "data-zl-saved") == "done"
    assert len(sent) == 1
    assert "示例街道发布" in sent[0]
    assert 'name="scan"' not in sent[0]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (409, '{"message": "这件备案 14:01 已经提交，不能再改。"}', "14:01 已经提交"),
        (403, "not json", "请先复制刚写的内容"),
        (401, "", "登录已过期"),
        (500, "", "稍后自动再试"),
    ],
)
def test_failed_save_is_never_silent(shown: Any, answers: Answers, status: int, body: str, words: str) -> None:
    answers[:] = [(status, body)]
    shown.fill("#id_name", "示例街道发布")
    wait_for_words(shown, words)
    assert shown.get_attribute("[data-zl-saved]", "data-zl-saved") == "failed"


def test_failed_save_is_tried_again_when_the_network_is_back(shown: Any, answers: Answers, sent: list[str]) -> None:
    answers.insert(0, (500, ""))
    shown.fill("#id_name", "示例街道发布")
    wait_for_words(shown, "稍后自动再试")
    shown.evaluate("dispatchEvent(new Event('online'))")
    wait_for_words(shown, "已保存 14:05")
    assert len(sent) == 2


def test_step_button_and_error_link_open_the_hidden_step(shown: Any) -> None:
    assert shown.evaluate("document.activeElement.className") == "zl-errsum"
    shown.click("[data-zl-goto]")
    assert shown.evaluate("document.activeElement.id") == "id_reason"
    shown.click("[data-zl-show=s1]")
    assert shown.is_hidden("#id_reason")
    shown.click("[data-zl-step=s2]")
    assert shown.is_visible("#id_reason")
    assert shown.get_attribute("[data-zl-show=s2]", "aria-current") == "step"


def test_letters_are_counted(shown: Any) -> None:
    shown.click("[data-zl-show=s2]")
    shown.fill("#id_reason", "两字")
    assert shown.inner_text("#id_reason-n") == "已写 2 字，最多 500 字"


def test_stock_phrases_are_added_to_what_was_typed(shown: Any) -> None:
    shown.click("[data-zl-dialog=back]")
    shown.fill("#why", "名称不一致")
    shown.click("[data-zl-phrase]")
    assert shown.input_value("#why") == "名称不一致；请补附件"
    shown.click("[data-zl-close]")
    assert shown.is_hidden("#why")


def test_leaving_with_unsaved_words_is_asked(shown: Any, answers: Answers) -> None:
    asked: list[str] = []
    shown.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    answers[:] = [(500, "")]
    shown.locator("#id_name").press_sequentially("示")
    wait_for_words(shown, "稍后自动再试")
    shown.goto(ADDRESS + "elsewhere/")
    assert asked == ["beforeunload"]


BARE = """<!DOCTYPE html><html lang="zh-CN"><head><link rel="stylesheet" href="/static/css/shell.css">
<link rel="stylesheet" href="/static/css/components.css"><link rel="stylesheet" href="/static/css/narrow.css"></head>
<body><a class="zl-top__menu" href="#zl-nav" data-zl-nav>菜单</a>
<nav class="zl-nav" id="zl-nav"><a class="zl-nav__close" href="#main">收起菜单</a>
<a href="/accounts/">账号台账</a></nav>
<main id="main"><a href="#back" data-zl-dialog="back">退回</a>
<dialog class="zl-dialog" id="back"><textarea id="why"></textarea><a href="#main" data-zl-close>再看看</a></dialog>
<dialog class="zl-dialog" id="wrong" data-zl-open><p id="fault">请写明理由。</p></dialog></main></body></html>"""


def test_dialogs_and_the_menu_open_without_scripts(browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    bare = context.new_page()

    def serve(route: Any) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("static/"):
            route.fulfill(path=STATIC / path.removeprefix("static/"), content_type="text/css")
        else:
            route.fulfill(body=BARE, content_type="text/html; charset=utf-8")

    bare.route("**/*", serve)
    bare.goto(ADDRESS)
    assert bare.is_visible("#fault")  # a form that came back with an error
    assert not bare.is_visible("#why")
    bare.click("[data-zl-dialog=back]")
    assert bare.is_visible("#why")
    bare.click("#back [data-zl-close]")
    assert not bare.is_visible("#why")
    assert not bare.is_visible("text=账号台账")
    bare.click("[data-zl-nav]")
    assert bare.is_visible("text=账号台账")
    bare.click("text=收起菜单")
    assert not bare.is_visible("text=账号台账")
    context.close()


def test_an_opener_is_a_button_also_for_the_keyboard(shown: Any) -> None:
    assert shown.get_attribute("[data-zl-dialog=back]", "role") == "button"
    shown.focus("[data-zl-dialog=back]")
    shown.keyboard.press(" ")
    assert shown.is_visible("#why")


def test_after_a_download_the_page_is_read_again(page: Any) -> None:
    opened: list[str] = []
    form = '<form method="post" action="/export/" data-zl-download><button type="submit">导出</button></form>'

    def serve(route: Any) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("static/"):
            route.fulfill(path=STATIC / path.removeprefix("static/"), content_type="text/javascript")
        elif path == "export/":
            route.fulfill(body="x", headers={"Content-Disposition": "attachment; filename*=utf-8''%E5%85%A8.xlsx"})
        else:
            opened.append(path)
            script = '<script type="module" src="/static/js/portal.js"></script>'
            route.fulfill(body=f"<p>第{len(opened)}次</p>{form}{script}", content_type="text/html; charset=utf-8")

    page.route("**/*", serve)
    page.goto(ADDRESS, wait_until="networkidle")
    with page.expect_download() as download:
        page.click("[type=submit]")
    assert download.value.suggested_filename == "全.xlsx"
    page.wait_for_selector("text=第2次")


def chosen(page: Any, field: str) -> list[str]:
    names: list[str] = page.eval_on_selector(field, "input => [...input.files].map((file) => file.name)")
    return names


def test_photos_of_one_paper_are_collected_one_by_one(shown: Any) -> None:
    photo = {"name": "image.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
    shown.set_input_files("#files", {**photo, "name": "协议.pdf"})
    for _ in range(3):
        shown.set_input_files("#photos", photo)
    assert chosen(shown, "#photos") == ["照片1.jpg", "照片2.jpg", "照片3.jpg"]
    assert chosen(shown, "#files") == ["协议.pdf"]
    assert shown.text_content(".zl-upload:has(#files) [data-zl-file]") == "协议.pdf、照片1.jpg、照片2.jpg、照片3.jpg"


def test_of_one_paper_the_file_or_the_photo_is_sent(shown: Any) -> None:
    shown.set_input_files("#paper", {"name": "签批件.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    shown.set_input_files("#photo", {"name": "image.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
    assert (chosen(shown, "#paper"), chosen(shown, "#photo")) == ([], ["image.jpg"])
    assert shown.text_content(".zl-upload:has(#paper) [data-zl-file]") == "image.jpg"


@pytest.mark.parametrize("https", [True, False], ids=["with the clipboard", "without https there is none"])
def test_what_a_box_holds_is_copied(shown: Any, https: bool) -> None:
    copied = "data => { window.copied = data; return Promise.resolve(); }"
    clipboard = f"{{ writeText: {copied} }}" if https else "undefined"
    shown.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    shown.evaluate("document.addEventListener('copy', () => { window.copied = String(getSelection()); })")
    shown.get_by_role("button", name="复制").click()
    shown.wait_for_function("document.querySelector('[data-zl-copy] + [role=status]').textContent === '已复制'")
    assert shown.evaluate("window.copied") == "编号\t系统\nZLXMT\t全国"
