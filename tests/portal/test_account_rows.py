"""The unit's accounts on the operator's home: a due time is never shown as if it were still to come."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.factories import Cast, account
from zhonglou_media.core.clock import db_now

pytestmark = pytest.mark.django_db


def test_an_update_that_was_due_says_that_nothing_is_known() -> None:
    cast, client = Cast(), Client()
    account(cast.unit, now=db_now() - timedelta(days=60))
    client.force_login(cast.operator)
    shown = client.get("/").content.decode()
    assert "尚无发布数据" in shown


def test_an_account_that_waits_is_not_judged() -> None:
    cast, client = Cast(), Client()
    account(cast.unit, found=True)
    client.force_login(cast.operator)
    assert "不判断" in client.get("/").content.decode()
