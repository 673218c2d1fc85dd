"""`make run`: the whole portal on this machine."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.models import User
from zhonglou_media.portal import supervisor


class Command(PortalCommand):
    """Web server, worker and beat until Ctrl-C; a taken port or folder is told in one line, and nothing is touched."""

    help = "启动门户：网页服务、后台任务、定时任务（Ctrl-C 停止）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="端口，默认 8000")
        parser.add_argument("--migrate", action="store_true", help="先建立或升级数据库")
        parser.add_argument("--demo", action="store_true", help="数据库中没有用户时写入演示数据（须 DEBUG=1）")

    def run(self, **options: Any) -> None:
        """Until a signal (SystemExit 0). Raises CannotStart, also when the processes do not stay."""
        port = options["port"]
        with supervisor.only_one(settings.VAR_DIR):
            supervisor.check_port(port)
            self.prepare(migrate=options["migrate"], demo=options["demo"])
            supervisor.supervise(
                port, f"门户已启动：http://{supervisor.HOST}:{port}/ （演示账号 operator 等，密码见 README）"
            )

    def prepare(self, *, migrate: bool, demo: bool) -> None:
        """Migrate, and fill an empty database with the demo, when asked; no connection stays open."""
        if migrate:
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        if demo and settings.DEBUG and not User.objects.exists():
            call_command("load_demo")
        connections.close_all()
