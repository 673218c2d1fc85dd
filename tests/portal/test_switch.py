"""切换任职: what a person may see and do narrows to the membership chosen on top of the page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import policy
from accounts.models import Membership, Role
from accounts.policy import Action
from tests.factories import Cast, opening, user
from zhonglou_media.core.clock import day_of, db_now

pytestmark = pytest.mark.django_db


class Two:
    """Operator of A and leader of B, with a draft in A and a filing that waits for approval in B."""

    def __init__(self) -> None:
        self.a, self.b = Cast(), Cast()
        self.person = user(Role.OPERATOR, self.a.unit, name="示例两任")
        self.in_a = self.person.memberships.get()
        self.in_b = Membership.objects.create(user=self.person, unit=self.b.unit, role=Role.LEADER)
        self.of_a, self.of_b = opening("draft", self.a), opening("leader_review", self.b)
        self.client = Client()
        self.client.force_login(self.person)

    def choose(self, membership: object) -> Any:
        return self.client.post(reverse("switch"), {"membership": getattr(membership, "pk", membership)}, follow=True)

    def opens(self) -> tuple[bool, bool, bool]:
        """The draft's form in A, the approval in B, and the page of B's filing."""
        urls = (
            reverse("filings:edit", args=[self.of_a.pk]),
            reverse("filings:approve", args=[self.of_b.pk]),
            reverse("filings:detail", args=[self.of_b.pk]),
        )
        return tuple(self.client.get(url, follow=True).status_code == 200 for url in urls)  # type: ignore[return-value]


def test_all_memberships_hold_until_one_is_chosen_and_again_when_all_are() -> None:
    two = Two()
    assert two.opens() == (True, True, True)
    text = two.choose(two.in_a).content.decode()
    assert f"现在以“{two.a.unit}·填报员”办理" in text
    assert two.opens() == (True, False, False)
    two.choose(two.in_b)
    assert two.opens() == (False, True, True)
    assert "现在以全部任职办理" in two.choose("").content.decode()
    assert two.opens() == (True, True, True)


def test_what_is_posted_narrows_too() -> None:
    two = Two()
    two.choose(two.in_b)
    opened = two.client.post(reverse("filings:open"), {"unit": two.a.unit.pk})
    assert opened.status_code in (403, 404)
    two.choose(two.in_a)
    assert two.client.post(reverse("filings:open"), {"unit": two.a.unit.pk}).status_code == 302


def test_the_top_shows_as_whom_one_acts_and_what_one_may_switch_to() -> None:
    two = Two()
    text = two.client.get("/").content.decode()
    assert "等2个单位" in text
    for words in ("全部（2项任职）", f"{two.a.unit}·填报员", f"{two.b.unit}·单位主要领导"):
        assert words in text
    text = two.choose(two.in_a).content.decode()
    assert "等2个单位" not in text
    assert f'value="{two.in_a.pk}" aria-current="true"' in text
    single = Client()
    single.force_login(two.a.operator)
    assert "切换任职" not in single.get("/").content.decode()


def test_a_membership_that_ended_falls_back_to_the_others() -> None:
    two = Two()
    two.choose(two.in_a)
    Membership.objects.filter(pk=two.in_a.pk).update(to_date=day_of(db_now()) - timedelta(days=1))
    assert two.opens() == (False, True, True)


def test_only_ones_own_that_holds_can_be_chosen() -> None:
    two = Two()
    stranger = two.a.leader.memberships.get()
    coming = Membership.objects.create(
        user=two.person, unit=two.b.unit, role=Role.OPERATOR, from_date=day_of(db_now()) + timedelta(days=1)
    )
    for wrong in (stranger, coming, "0", "x", "9" * 30):
        assert two.choose(wrong).status_code == 404
    assert two.opens() == (True, True, True)


def test_the_choice_ends_with_the_session() -> None:
    two = Two()
    two.choose(two.in_a)
    two.client.logout()
    two.client.force_login(two.person)
    assert two.opens() == (True, True, True)


def test_children_are_those_of_the_chosen_unit() -> None:
    """A member of a parent unit reads its children and nothing else."""
    two = Two()
    above = Cast().unit
    two.b.unit.parent = above
    two.b.unit.save()
    person = user(Role.PARENT, above)
    other = Membership.objects.create(user=person, unit=Cast().unit, role=Role.OPERATOR)
    client = Client()
    client.force_login(person)
    pages = [reverse("unit", args=[pk]) for pk in (two.b.unit.pk, two.a.unit.pk)]
    assert [client.get(page).status_code for page in pages] == [200, 404]
    client.post(reverse("switch"), {"membership": other.pk})
    assert [client.get(page).status_code for page in pages] == [404, 404]


def test_children_are_those_of_the_role_that_reads() -> None:
    """An admin of the parent unit who files for another unit reads no filing of the children."""
    two, above = Two(), Cast().unit
    two.a.unit.parent = above
    two.a.unit.save()
    person = user(Role.ADMIN, above)
    Membership.objects.create(user=person, unit=two.b.unit, role=Role.OPERATOR)
    client = Client()
    client.force_login(person)
    pages = [reverse("filings:detail", args=[filing.pk]) for filing in (two.of_a, two.of_b)]
    assert [client.get(page).status_code for page in pages] == [404, 200]
    assert not policy.may(person, Action.VIEW_FILING, two.of_a)


def test_choosing_costs_no_query() -> None:
    two = Two()
    with CaptureQueriesContext(connection) as before:
        two.client.get(reverse("notices"))
    two.choose(two.in_a)
    with CaptureQueriesContext(connection) as after:
        two.client.get(reverse("notices"))
    assert len(after) <= len(before)
