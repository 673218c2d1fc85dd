"""What the page of a finished import shows beside its counts: the columns that were recognised, and refused rows.

A job keeps the rows sealed: what citizens wrote may have slipped into any cell.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhonglou_media.core.sealed import seal, unseal
from zhonglou_media.core.tables_in import head_key

ROWS_SHOWN = 50
_CELL, _REASON = 60, 300


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: its number in the file, the cells that name the account, and why."""

    number: int
    cells: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Heads:
    """Of a file: label and head of each column that is read, and the heads of the others."""

    read: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()


def kept(heads: Heads, rows: Sequence[Refusal]) -> dict[str, Any]:
    """As a job's result keeps them."""
    cut = [
        {
            "number": row.number,
            "cells": [_cut(cell, _CELL) for cell in row.cells if cell.strip()],
            "reason": _cut(row.reason, _REASON),
        }
        for row in rows
    ]
    text = json.dumps(cut, ensure_ascii=False)
    return {
        "columns": [[label, _cut(head, _CELL)] for label, head in heads.read],
        "unused": [_cut(head, _CELL) for head in heads.unused],
        "rows": b64encode(seal(text)).decode() if cut else "",
    }


def refusals(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that `kept` was given; none where no key opens them."""
    try:
        rows: list[dict[str, Any]] = json.loads(unseal(b64decode(result.get("rows", ""))))
    except ValueError:
        return []
    return rows


def heads_line(result: Mapping[str, Any]) -> str:
    """认出的列：平台、发布时间（表里写“发表日期”）；没有用到的列：备注。 '' for a job from before these were kept."""
    read = [
        label if head_key(head) == head_key(label) else f"{label}（表里写“{head}”）"
        for label, head in result.get("columns", ())
    ]
    if not read:
        return ""
    unused = result.get("unused")
    rest = f"没有用到的列：{'、'.join(unused)}" if unused else "每一列都用到了"
    return f"认出的列：{'、'.join(read)}；{rest}。"


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
