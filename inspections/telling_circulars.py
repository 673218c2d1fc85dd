"""What is told of a circular, and to whom."""

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse

from accounts import audience
from accounts.models import Role, Unit
from inspections.models import Circular
from zhonglou_media.core import notices
from zhonglou_media.core.models import Notice, User


def submitted(circular: Circular, seq: int, *, by: User, now: datetime) -> None:
    """The supervisors have one to approve."""
    notices.tell(
        audience.people((Role.SUPERVISOR,), now=now, but=by),
        key=f"circular-{circular.pk}-{seq}",
        text=f"{circular.title}已送审，请审定公开。",
        link=reverse("inspections:circular_preview", args=[circular.pk]),
        now=now,
    )


def sent_back(circular: Circular, seq: int, *, by: User, now: datetime) -> None:
    """Who wrote it and who sent it learn why it came back."""
    people = {user for user in (circular.last_editor, circular.submitted_by) if user is not None and user != by}
    notices.tell(
        sorted(people, key=lambda user: user.pk),
        key=f"circular-{circular.pk}-{seq}",
        text=f"{circular.title}被退回修改：{circular.returned_reason}",
        link=reverse("inspections:circular_edit", args=[circular.pk]),
        now=now,
    )


def published(circular: Circular, units: Collection[int], seq: int, *, by: User, now: datetime) -> int:
    """The people of each unit that is named, and the office; returns how many units were told."""
    link = reverse("inspections:circular", args=[circular.index_no])
    key = f"circular-{circular.pk}-{seq}"
    heirs = dict(Unit.objects.filter(pk__in=units).values_list("pk", "merged_into"))
    found = audience.by_unit(audience.UNIT, {into or pk for pk, into in heirs.items()}, now)
    named = {user for ids in found.values() for user in ids} - {by.pk}
    text = f"{circular.title}已公开，点名的账号中有您单位的，请按要求整改。"
    notices.leave(Notice(user_id=user, key=key, text=text, link=link, at=now) for user in sorted(named))
    office = [user for user in audience.people(audience.OFFICE, now=now, but=by) if user.pk not in named]
    notices.tell(office, key=key, text=f"{circular.title}已公开，索引号 {circular.index_no}。", link=link, now=now)
    return len(found)
