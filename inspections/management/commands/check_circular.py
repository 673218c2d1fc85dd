"""`check_circular FILE.json`: whether the figures of circulars agree with each other; a line each."""

import json
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from inspections import consistency
from zhonglou_media.core.commands import PortalCommand
from zhonglou_media.core.errors import Refused

MAX_BYTES = 32 * 1024 * 1024


class Command(PortalCommand):
    help = "核对通报中的数字是否互相一致"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.json", help="通报的数字：JSON 数组，每个通报一项")

    def run(self, **options: Any) -> None:
        verdicts = consistency.judge_all(_read(Path(options["file"])))
        for verdict in verdicts:
            self.stdout.write(verdict.line)
        differing = sum(1 for verdict in verdicts if verdict.differs)
        if differing:
            raise Refused(f"{len(verdicts)} 个通报中有 {differing} 个数字不一致，请改正或在文中说明。")


def _read(path: Path) -> list[Any]:
    """The entries of the file; numbers keep the decimals they are written with. Raises Refused, OSError.

    An empty list is read as it is: of no circulars none disagrees, so the command succeeds and prints no line.
    """
    if "\0" in str(path):
        raise Refused("文件名里有不能用的字符，请核对路径。")
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"文件“{path}”超过 {MAX_BYTES >> 20} MB，不像是通报的数字，请核对。")
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"), parse_float=_exact, parse_constant=str)
    except UnicodeDecodeError:
        raise Refused(f"文件“{path}”不是 UTF-8 编码的文本，请另存为 UTF-8 后重试。") from None
    except json.JSONDecodeError as error:
        raise Refused(f"文件“{path}”不是完整的 JSON：第 {error.lineno} 行第 {error.colno} 个字符处看不懂。") from None
    except (ValueError, RecursionError):  # a number of 5,000 digits, brackets in brackets
        raise Refused(f"文件“{path}”的内容过长或层次过深，不是通报的数字，请核对。") from None
    if not isinstance(found, list):
        raise Refused(f"文件“{path}”应当是一个列表（以 [ 开头），每个通报一项。")
    return found


def _exact(text: str) -> Decimal | str:
    """The number as it is written; one beyond all bounds stays a text, which its entry is told of."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return text
