"""The harness itself: what tests/conftest.py promises."""

import socket
import urllib.request
import warnings
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection, models
from django.template import Context, Template

from zhonglou_media.core import guards
from zhonglou_media.core.models import Event


def test_an_undefined_template_variable_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match="nowhere"):
        Template("{{ nowhere }}").render(Context())


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com"])
def test_other_machines_cannot_be_reached(host: str) -> None:
    with pytest.raises(AssertionError, match="tests may not reach"):
        urllib.request.urlopen(f"http://[{host}]/" if ":" in host else f"http://{host}/")
    with pytest.raises(AssertionError, match="tests may not reach"):
        socket.create_connection((host, 80), timeout=1)


def test_a_warning_is_an_error() -> None:
    with pytest.raises(UserWarning, match="loud"):
        warnings.warn("loud", stacklevel=1)


def test_a_test_that_asks_for_no_database_is_refused_it() -> None:
    """That is why those run once, on SQLite."""
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        connection.ensure_connection()


def test_files_and_queue_lie_in_a_temporary_folder() -> None:
    assert not settings.VAR_DIR.is_relative_to(settings.BASE_DIR)
    assert not settings.MEDIA_ROOT.is_relative_to(settings.BASE_DIR)


def rows() -> dict[str, int]:
    """Table → number of rows, of what is not empty."""
    counts = {model._meta.db_table: model._default_manager.count() for model in our_models()}
    return {table: count for table, count in counts.items() if count}


def our_models() -> list[type[models.Model]]:
    return [model for app in ("core", "accounts", "filings") for model in apps.get_app_config(app).get_models()]


@pytest.mark.django_db(transaction=True)
def test_a_flush_passes_the_guards_and_brings_the_seeds_back() -> None:
    before = rows()
    assert before, "the migrations seed the house"
    Event.objects.create(seq=1, at=datetime(2026, 11, 24, tzinfo=UTC), role="system", subject_kind="x", verb="x")
    with pytest.raises(Error, match="操作记录只能追加"):
        Event.objects.all().delete()
    call_command("flush", verbosity=0, interactive=False)
    assert rows() == before
    assert guards.missing(connection.alias) == []
