"""In-app notices: a sentence ends once, though what a person typed into it brings its own full stop."""

import pytest

from tests.factories import NOW, user
from zhonglou_media.core import notices
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


def test_a_typed_full_stop_is_not_doubled() -> None:
    notices.tell([user()], key="k", text="密码遗失，已向平台申诉。。请核实后认定。", link="/", now=NOW)
    assert Notice.objects.get().text == "密码遗失，已向平台申诉。请核实后认定。"
