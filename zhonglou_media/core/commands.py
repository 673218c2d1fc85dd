"""Commands: only the result on stdout; when one fails, one Chinese line on stderr, exit status 1, nothing changed.

Never a traceback, no warnings and no logs on stderr, also under DEBUG. A fault of the program is written in full to
`var/log/commands.log`.
"""

import logging
import re
import sys
import traceback
import warnings
from argparse import ArgumentParser
from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from .clock import SHANGHAI
from .errors import Refused
from .models import User

# argparse speaks English; what it says most often. `all` is a list, which it separates by commas.
_ARGPARSE = (
    (r"the following arguments are required: (?P<all>.+)", "缺少参数：{all}。"),
    (r"unrecognized arguments: (?P<x>.+)", "没有这个参数：{x}。"),
    (r"argument (?P<x>\S+): expected one argument", "参数 {x} 后面要写一个值。"),
    (r"argument (?P<x>\S+): expected at least one argument", "参数 {x} 后面至少要写一个值。"),
    (
        r"argument (?P<x>\S+): invalid choice: (?P<y>.+) \(choose from (?P<all>.+)\)",
        "参数 {x} 的值{y}不对，可选：{all}。",
    ),
    (r"argument (?P<x>\S+): invalid \S+ value: (?P<y>.+)", "参数 {x} 的值{y}格式不对。"),
    (r"argument (?P<x>\S+): ignored explicit argument (?P<y>.+)", "参数 {x} 不接受值{y}。"),
    (r"argument (?P<x>\S+): not allowed with argument (?P<z>\S+)", "参数 {x} 不能与 {z} 同时使用。"),
    (r"ambiguous option: (?P<x>\S+) could match (?P<all>.+)", "参数 {x} 不明确，可能是：{all}。"),
)


class PortalCommand(BaseCommand):
    """Subclasses write `run`; it returns what goes to stdout and raises Refused for anything the user can put right."""

    requires_system_checks = []  # their warnings would go to stderr

    def run(self, **options: Any) -> str | None:
        """Do the work in one transaction; return the result's lines."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> str | None:
        """`run`, with every failure turned into one Chinese sentence."""
        try:
            return self.run(**options)
        except (Refused, CommandError) as refused:
            raise CommandError(_one_line(str(refused))) from refused
        except OSError as error:
            raise CommandError(_about_file(error)) from error
        except DatabaseError as error:
            log_fault(self.__class__.__module__)
            raise CommandError("数据库出错，什么也没有改动；请确认数据库可用且已运行 manage.py migrate。") from error
        except Exception as error:
            log_fault(self.__class__.__module__)
            raise CommandError("程序出错，什么也没有改动；详情见日志 commands.log，请联系维护人员。") from error

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser whose complaints are Chinese sentences."""
        return super().create_parser(prog_name, subcommand, **({"allow_abbrev": False} | kwargs))

    def run_from_argv(self, argv: list[str]) -> None:
        """The way from the shell: see the head of this file."""
        logging.disable(logging.CRITICAL)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parser = self.create_parser(argv[0], argv[1])
                parser.__class__ = _ChineseParser
                options = vars(parser.parse_args(argv[2:]))
                self.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            self.stderr.write(_one_line(str(error)))
            sys.exit(1)
        finally:
            logging.disable(logging.NOTSET)
            connections.close_all()

    @staticmethod
    def add_as(parser: ArgumentParser) -> None:
        """`--as USER`: who acts; without it 系统 does."""
        parser.add_argument("--as", dest="as_user", metavar="USER", default=None, help="办理人的用户名，缺省为系统")

    @staticmethod
    def user(options: dict[str, Any]) -> User | None:
        """The person named by `--as`, None for 系统. Raises Refused when there is no such active user."""
        name = options["as_user"]
        if name is None:
            return None
        readable = name.encode(errors="replace").decode()  # a shell passes on any bytes, a database UTF-8 alone
        user = User.objects.filter(username__iexact=name.strip()).first() if name == readable else None
        if user is None:
            raise Refused(f"没有用户“{readable}”，请核对 --as 后的用户名。")
        if not user.is_active:
            raise Refused(f"用户“{name}”已停用，不能办理。")
        return user


class _ChineseParser(CommandParser):
    def error(self, message: str) -> NoReturn:
        for pattern, chinese in _ARGPARSE:
            if match := re.fullmatch(pattern, message):
                said = match.groupdict()
                if "y" in said:  # a value, in quotes
                    said["y"] = f"“{said['y'].strip(chr(39))}”"
                if "all" in said:
                    said["all"] = "、".join(word.strip("'") for word in said["all"].split(", "))
                raise CommandError(chinese.format(**said))
        raise CommandError(f"参数有误：{message}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _about_file(error: OSError) -> str:
    name = f"“{error.filename}”" if error.filename else ""
    if isinstance(error, FileNotFoundError):
        return f"找不到文件{name}，请核对路径。"
    if isinstance(error, IsADirectoryError):
        return f"{name}是文件夹，请给出文件的路径。"
    if isinstance(error, PermissionError):
        return f"没有权限读写文件{name}。"
    return f"文件{name}不能读写：系统错误 {error.errno}。"


def log_fault(where: str) -> None:
    """Append the traceback of the exception in hand to var/log/commands.log; `where` says what was being done."""
    folder = settings.VAR_DIR / "log"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "commands.log").open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(SHANGHAI).isoformat()} {where}\n{traceback.format_exc()}\n")
