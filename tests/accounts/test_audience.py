"""Who is told: holders of a role on that Shanghai day who may sign in, each once."""

from datetime import date

import pytest

from accounts import audience
from accounts.models import Membership, Role
from tests.factories import NOW, Cast, user

pytestmark = pytest.mark.django_db


def test_of_many_units_in_one_query(django_assert_num_queries: object) -> None:
    cast, other = Cast(), Cast()
    Membership.objects.create(user=cast.operator, unit=cast.unit, role=Role.LEADER)  # holds both, is told once
    gone, ended = user(Role.OPERATOR, cast.unit), user(Role.OPERATOR, cast.unit)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    Membership.objects.filter(user=ended).update(to_date=date(2026, 11, 23))
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = audience.by_unit(audience.UNIT, [cast.unit.pk, other.unit.pk, other.unit.pk, None], NOW)
    assert found == {
        cast.unit.pk: [cast.operator.pk, cast.leader.pk],
        other.unit.pk: [other.operator.pk, other.leader.pk],
    }
    assert audience.people(audience.UNIT, now=NOW, unit_id=cast.unit.pk) == [cast.operator, cast.leader]
