"""`create_admin`: one line with the path of a one-time link, and refused once there is an admin."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import users
from accounts.models import Role, Unit
from tests.factories import unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Event, User

pytestmark = pytest.mark.django_db

GOOD = "钟楼-Tulou-8842-x"


def create(*words: str) -> str:
    out = io.StringIO()
    call_command("create_admin", *words, stdout=out)
    return out.getvalue()


def test_the_first_admin_signs_in_by_the_link_and_keeps_users(client: Client) -> None:
    line = create("Zhang.San", "示例张三")
    assert line.startswith("/invite/")
    assert line.endswith("/\n")
    assert line.count("\n") == 1
    answer = client.post(line.strip(), {"password": GOOD, "again": GOOD}, follow=True)
    assert answer.status_code == 200
    assert client.get("/users/").status_code == 200
    person = User.objects.get(username="zhang.san")
    row = person.memberships.get()
    assert (row.role, row.unit.name, row.unit.status) == ("admin", "区政府办公室", "unconfirmed")
    assert {event.role for event in Event.objects.filter(verb__in=["create", "invite"])} == {"system"}


def test_refused_where_there_is_an_admin_unless_again() -> None:
    held = user(Role.ADMIN, unit("示例机房"), name="示例在任")
    with pytest.raises(CommandError, match=r"已有系统管理员示例在任.*请加 --again") as refused:
        create("other", "示例另一人")
    assert "\n" not in str(refused.value)
    assert not User.objects.filter(username="other").exists()
    center, before = unit("示例信息中心"), Unit.objects.count()
    with pytest.raises(CommandError, match=r"没有名为“示例信息中新”的单位.*名称相近的有：示例信息中心"):
        create("other", "示例另一人", "--again", "--unit", "示例信息中新")
    with pytest.raises(CommandError, match=r"请用 --unit 写明单位全称"):
        create("other", "示例另一人", "--again")
    assert (Unit.objects.count(), User.objects.filter(username="other").exists()) == (before, False)
    create("other", "示例另一人", "--again", "--unit", "示例信息中心")
    assert User.objects.get(username="other").memberships.get().unit == center
    assert users.admins(db_now()).count() == 2
    assert held.memberships.count() == 1


def test_without_a_unit_it_is_where_the_office_is() -> None:
    office = unit("示例区府办")
    user(Role.OFFICER, office)
    unit()
    create("admin", "示例张三")
    assert User.objects.get(username="admin").memberships.get().unit == office


def test_a_disabled_admin_comes_back_by_the_command() -> None:
    create("admin", "示例张三")
    User.objects.update(is_active=False)
    create("admin", "示例张三")
    person = User.objects.get()
    assert (person.is_active, person.memberships.count()) == (True, 1)
    assert person.invitations.filter(withdrawn_at=None).count() == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("张三", "示例张三"), "小写字母"),
        (("admin", " "), "姓名不能为空"),
        (("known", "示例别人"), "用户名“known”是示例李四的"),
    ],
)
def test_a_failure_is_a_sentence_and_changes_nothing(words: tuple[str, str], sentence: str) -> None:
    User.objects.create_user("known", None, name="示例李四")
    with pytest.raises(CommandError, match=sentence):
        create(*words)
    assert (User.objects.count(), Event.objects.count(), Unit.objects.count()) == (1, 0, 0)
