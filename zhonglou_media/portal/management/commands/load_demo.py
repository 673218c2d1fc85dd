"""`load_demo`: the demo data, into an empty portal with DEBUG on."""

from typing import Any

from django.conf import settings

from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User
from zhonglou_media.portal import demo


class Command(PortalCommand):
    """Makes the demo logins and their story; refuses where it could touch real data."""

    help = "装入演示数据（仅限 DEBUG 打开的空库）"

    def run(self, **options: Any) -> str | None:
        if not settings.DEBUG:
            raise Refused("演示数据只能在 DEBUG 打开时装入，正式环境请用 import_registry 导入台账。")
        if User.objects.exists():
            raise Refused("数据库里已有用户，演示数据只装入空库。")
        demo.load(db_now())
        return f"演示数据已装入，可用账号：{'、'.join(login for login, *_ in demo.PEOPLE)}。"
