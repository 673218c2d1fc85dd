"""A page that asks again and again, in Chromium, while nobody answers: it says so, rests, and goes on by itself."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role
from tests.factories import user
from tests.portal.job_pages import a_job, signed_in
from zhonglou_media.core.models import Job, JobState

STATIC = Path(settings.BASE_DIR) / "static"
ADDRESS = "http://portal.test/"
BOX = (
    '<div id="box" data-zl-poll="#lost" hx-get="/part/" hx-trigger="every 2s" hx-swap="outerHTML">{}</div>'
    '<h1 id="head" hx-swap-oob="true">{}</h1>'
)
PAGE = f"""<!DOCTYPE html><html lang="zh-CN"><head><title>排队中</title>
<script src="/static/vendor/htmx.min.js" defer></script>
<script type="module" src="/static/js/portal.js"></script></head>
<body><h1 id="head">排队中</h1><button type="button" data-zl-online>停止</button>
{BOX.partition("<h1")[0].format("排队中")}<p id="lost" hidden>连接中断</p></body></html>"""

pytestmark = pytest.mark.browser


class Portal:
    """What answers the page: `answer` is a status, or None while it is away; `asked` counts the questions."""

    def __init__(self) -> None:
        self.answer: int | None = 200
        self.asked = 0
        self.opened = 0

    def serve(self, route: Any) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("static/"):
            route.fulfill(path=STATIC / path.removeprefix("static/"), content_type="text/javascript")
        elif path != "part/":
            self.opened += 1
            route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
        else:
            self.asked += 1
            if self.answer is None:
                route.abort()
            else:
                words = f"第{self.asked}次"
                body = f"<title>{words}</title>{BOX.format(words, words)}"
                route.fulfill(status=self.answer, body=body, content_type="text/html; charset=utf-8")


@pytest.fixture
def portal(page: Any) -> Portal:
    """The page, open, on a clock that the test moves."""
    made = Portal()
    page.clock.install()
    page.route("**/*", made.serve)
    page.goto(ADDRESS, wait_until="networkidle")
    return made


def test_head_and_title_move_with_the_box(page: Any, portal: Portal) -> None:
    page.clock.run_for(2100)
    page.wait_for_selector("#box:text-is('第1次')")
    assert page.text_content("#head") == "第1次"
    assert page.title() == "第1次"


@pytest.mark.parametrize("away", [None, 503], ids=["nobody answers", "the server in front answers"])
def test_while_nobody_answers_the_page_says_so_and_goes_on_by_itself(
    page: Any, portal: Portal, away: int | None
) -> None:
    portal.answer = away
    page.clock.run_for(2100)
    page.wait_for_selector("#lost")
    assert page.is_disabled("button")
    page.clock.run_for(7000)
    assert portal.asked == 1  # and not every two seconds
    portal.answer = 200
    page.clock.run_for(5000)
    page.wait_for_selector("#lost", state="hidden")
    assert page.is_enabled("button")
    page.wait_for_selector("#head:text-is('第2次')")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(page: Any, live_server: LiveServer) -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING, kind="import_activity", note="正在逐行核对")
    session = signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page.clock.install()
    page.goto(f"{live_server.url}/jobs/{job.pk}/", wait_until="networkidle")
    Job.objects.update(note="正在写入")
    page.clock.run_for(2100)
    page.wait_for_selector("h1:has-text('正在写入')")
    assert page.title().startswith("导入发布和留言数据：正在写入 - ")
    page.context.clear_cookies()
    with page.expect_navigation():
        page.clock.run_for(2100)
    assert "/login/" in page.url
    assert page.locator("#job-progress").count() == 0
