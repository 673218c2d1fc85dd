"""The page of an account as a test opens it."""

from datetime import timedelta
from typing import Any

from django.test import Client

from accounts.flags import run_rule
from accounts.models import Account, Flag
from accounts.rules import RULES
from tests.factories import NOW
from zhonglou_media.core.models import User


def get(client: Client, person: User, address: str) -> Any:
    client.force_login(person)
    return client.get(address)


def shown(client: Client, person: User, of: Account) -> str:
    response = get(client, person, f"/accounts/{of.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def flag_of(unfiled: Account) -> Flag:
    for rule in RULES:
        run_rule(rule, NOW + timedelta(minutes=1))
    return Flag.objects.get(account=unfiled)
