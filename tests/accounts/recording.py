"""What tests of the pages of recording read and write again and again."""

from datetime import timedelta
from typing import Any

from django.test import Client

from accounts import activity
from accounts.models import Account, Message
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def asked(on: Account, by: User, ago: timedelta, **more: Any) -> Message:
    now = db_now()
    return activity.ask(on.pk, asked_at=now - ago, by=by, now=now, **more)
