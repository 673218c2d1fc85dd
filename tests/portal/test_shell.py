"""Signing in and out, the navigation, notices, the regulation, health and what is shown when something is wrong."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path, resolve, reverse

from accounts.access import public
from accounts.models import Role, RuleRun
from tests import factories
from zhonglou_media import urls
from zhonglou_media.core import notices
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Notice, User
from zhonglou_media.portal import nav, regulation, views

PASSWORD = "Zhonglou-demo-2021"


@pytest.fixture
def person() -> User:
    person = factories.user(Role.OPERATOR, of=factories.unit("示例甲街道办事处"), name="张三")
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(client: Client, username: str, password: str = PASSWORD) -> HttpResponse:
    return client.post("/login/", {"username": username, "password": password})  # type: ignore[return-value]


# --- signing in -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_signing_in_keeps_the_moment_of_it(client: Client, person: User) -> None:
    answer = sign_in(client, f" {person.username.upper()} ")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert abs(client.session["signed_in_at"] - db_now().timestamp()) < 5


@pytest.mark.django_db
def test_signing_in_leads_back_to_the_page_asked_for(client: Client, person: User) -> None:
    asked = client.get("/notices/")
    assert asked["Location"] == "/login/?next=/notices/"
    assert 'name="next" value="/notices/"' in client.get(asked["Location"]).content.decode()
    fields = {"username": person.username, "password": PASSWORD}
    assert client.post("/login/", fields | {"next": "/notices/"})["Location"] == "/notices/"
    client.logout()
    assert client.post("/login/", fields | {"next": "https://example.com/"})["Location"] == "/"


@pytest.mark.django_db
def test_wrong_password_and_unknown_user_read_alike(client: Client, person: User, axes: None) -> None:
    pages = [sign_in(client, name, "wrong") for name in (person.username, "nobody")]
    shown = [re.search(r"用户名或密码不对，还可以再试 \d 次", p.content.decode()) for p in pages]
    assert [p.status_code for p in pages] == [422, 422]
    assert [m and m[0] for m in shown] == ["用户名或密码不对，还可以再试 4 次"] * 2


@pytest.mark.django_db
def test_fifth_failure_locks_and_says_until_when(client: Client, person: User, axes: None) -> None:
    spellings = [person.username, person.username.upper(), f" {person.username}", person.username]
    assert [sign_in(client, name, "wrong").status_code for name in spellings] == [422] * 4
    before = db_now()
    locked = sign_in(client, person.username, "wrong")
    assert locked.status_code == 429
    found = re.search(r"账号已锁定，(\d\d:\d\d) 自动解锁", locked.content.decode())
    assert found
    possible = {f"{before + timedelta(minutes=15 + extra):%H:%M}" for extra in (1, 2)}
    assert found[1] in possible
    again = sign_in(client, person.username)  # the right password does not open it, and does not prolong it
    assert again.status_code == 429
    assert found[0] in again.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_signing_out_is_a_post(client: Client, person: User) -> None:
    client.force_login(person)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


# --- navigation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url_name", [page.url_name for _, pages in nav.GROUPS for page in pages])
def test_each_page_of_the_navigation_exists_and_says_who_may_open_it(url_name: str) -> None:
    assert resolve(reverse(url_name)).func.allowed_to  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_navigation_shows_only_pages_that_open(client: Client, role: Role) -> None:
    person = factories.user(role)
    client.force_login(person)
    shown = [link.url for _, links in nav.links(person, "/notices/", {}) for link in links]
    assert {"/", "/notices/", "/regulation/"} <= set(shown)
    assert [url for url in shown if client.get(url).status_code not in (200, 302)] == []


@pytest.mark.django_db
def test_page_that_is_open_is_marked_once(person: User) -> None:
    for url, label in (("/notices/", "通知"), ("/", "待办"), ("/nowhere/", None)):
        current = [link.label for _, links in nav.links(person, url, {}) for link in links if link.current]
        assert current == ([label] if label else [])


@pytest.mark.django_db
def test_counts_stand_beside_their_page(person: User) -> None:
    links = dict(nav.links(person, "/", {"todo": nav.Count(6, late=True)}))["我的工作"]
    assert links[0].count == nav.Count(6, late=True)
    assert dict(nav.links(person, "/", {"todo": nav.Count(0)}))["我的工作"][0].count is None


@pytest.mark.django_db
def test_top_bar_names_unit_and_role(client: Client, person: User) -> None:
    client.force_login(person)
    html = client.get("/notices/").content.decode()
    assert '<span class="zl-top__unit">示例甲街道办事处</span>' in html
    assert "张三·填报员" in html


@pytest.mark.django_db
def test_shell_costs_few_queries(client: Client, person: User, django_assert_max_num_queries: object) -> None:
    client.force_login(person)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        client.get("/help/")


# --- notices --------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(person: User) -> list[Notice]:
    other = factories.user(Role.OPERATOR)
    for number in (1, 2):
        notices.tell([person, other], key=f"k{number}", text=f"第{number}条", link="/help/", now=db_now())
    return list(Notice.objects.filter(user=person).order_by("id"))


@pytest.mark.django_db
def test_opening_a_notice_marks_it_read_and_leads_to_its_page(client: Client, person: User, told: list[Notice]) -> None:
    client.force_login(person)
    assert '2<span class="visually-hidden"> 条未读通知' in client.get("/notices/").content.decode()
    assert client.post(f"/notices/{told[0].pk}/open/")["Location"] == "/help/"
    assert [n.read_at is not None for n in Notice.objects.filter(user=person).order_by("id")] == [True, False]


@pytest.mark.django_db
def test_nobody_opens_anothers_notice(client: Client, told: list[Notice]) -> None:
    client.force_login(factories.user(Role.OPERATOR))
    assert client.post(f"/notices/{told[0].pk}/open/").status_code == 404
    told[0].refresh_from_db()
    assert told[0].read_at is None


@pytest.mark.django_db
def test_all_read_touches_only_ones_own(client: Client, person: User, told: list[Notice]) -> None:
    client.force_login(person)
    client.post("/notices/read/")
    assert not Notice.objects.filter(user=person, read_at=None).exists()
    assert Notice.objects.filter(read_at=None).count() == 2


@pytest.mark.django_db
def test_no_notices_yet(client: Client, person: User) -> None:
    client.force_login(person)
    assert "还没有通知" in client.get("/notices/").content.decode()


# --- the regulation -------------------------------------------------------------------------------------------------


def test_regulation_is_whole() -> None:
    chapters = regulation.chapters()
    articles = [article for chapter in chapters for article in chapter.articles]
    assert [len(c.articles) for c in chapters] == [4, 6, 7, 4, 4, 1]
    assert [a.number for a in articles] == list(range(1, 27))
    assert "2个工作日内报区政府办公室备案" in articles[7].paragraphs[0]
    assert len(articles[23].paragraphs) == 2


@pytest.mark.django_db
def test_regulation_and_help_are_open_and_keep_the_shell_of_those_signed_in(client: Client, person: User) -> None:
    for url in ("/regulation/", "/help/"):
        assert "zl-nav__link" not in client.get(url).content.decode()
    client.force_login(person)
    for url in ("/regulation/", "/help/"):
        assert "zl-nav__link" in client.get(url).content.decode()
    assert 'id="art-26"' in client.get("/regulation/").content.decode()
    told = client.get("/help/").content.decode()
    for words in ("登记发布", "数据截至", "预警与免于追究", "导入数据", "查阅者", "系统管理员"):
        assert f">{words}</h2>" in told


# --- health ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "status"), [(30, 200), (299, 200), (301, 503)])
def test_health_follows_the_last_sweep(client: Client, age: int, status: int) -> None:
    RuleRun.objects.all().delete()
    RuleRun.objects.create(rule="overdue_filing", last_run_at=db_now() - timedelta(seconds=age))
    RuleRun.objects.create(rule="inactive", last_run_at=None)
    answer = client.get("/health/")
    assert answer.status_code == status
    assert answer.json()["database"] == "ok"
    assert abs(answer.json()["last_sweep_age_seconds"] - age) <= 2


@pytest.mark.django_db
def test_portal_that_never_sweeps_is_not_healthy_for_long(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    RuleRun.objects.all().delete()
    monkeypatch.setattr(views, "STARTED", views.time.monotonic())
    assert client.get("/health/").status_code == 200
    monkeypatch.setattr(views, "STARTED", views.time.monotonic() - 301)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["last_sweep_age_seconds"]) == (503, None)


def test_health_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OperationalError

    monkeypatch.setattr(views, "db_now", broken)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["database"]) == (503, "error")


# --- what went wrong ------------------------------------------------------------------------------------------------


@public
def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("您不能导入账号台账。")


@public
def refuse_in_english(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("Access denied")


@public
def garbled(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("bad")


@public
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


urlpatterns = [
    *urls.urlpatterns,
    path("refuse/", refuse),
    path("refuse-in-english/", refuse_in_english),
    path("garbled/", garbled),
    path("broken/", broken),
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("/refuse/", 403, "您不能导入账号台账"),
        ("/refuse-in-english/", 403, "您现在的身份看不了这一页"),
        ("/garbled/", 400, "这个请求没有看懂"),
        ("/nowhere/", 404, "没有找到这一页"),
        ("/broken/", 500, "系统出错了"),
    ],
)
def test_error_pages_speak_chinese(signed_in: bool, url: str, status: int, sentence: str, person: User) -> None:
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(person)
    with override_settings(ROOT_URLCONF=__name__):
        answer = client.get(url)
    assert answer.status_code == status
    assert f"<h1>{sentence}" in answer.content.decode()


@pytest.mark.django_db
def test_expired_form_is_told_in_chinese(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/login/", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 403
    assert "这一页打开太久了" in answer.content.decode()


@pytest.mark.django_db
def test_unknown_host_gets_a_page_too(client: Client) -> None:
    assert client.get("/login/", headers={"host": "elsewhere.example"}).status_code == 400
