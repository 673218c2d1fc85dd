"""`create_admin USERNAME NAME`: the first admin; prints the path of the one-time link that sets the password."""

from argparse import ArgumentParser
from typing import Any

from django.urls import reverse

from accounts import users
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.commands import PortalCommand


class Command(PortalCommand):
    help = "建立第一位系统管理员，打印设置密码的一次性链接"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="用户名")
        parser.add_argument("name", metavar="NAME", help="姓名")
        parser.add_argument(
            "--unit", metavar="NAME", default="", help="所在单位的全称，缺省为区政府办公室的人所在的单位"
        )
        parser.add_argument("--again", action="store_true", help="已有系统管理员时再建一个，或给同一人重发链接")

    def run(self, **options: Any) -> str:
        token = users.first_admin(
            username=options["username"],
            name=options["name"],
            unit=options["unit"].strip(),
            again=options["again"],
            now=db_now(),
        )
        return reverse("invite", args=[token])
