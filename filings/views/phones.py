"""Telephones of a filing's people are for its own unit and the office: the others read that there is one."""

from collections.abc import Sequence
from dataclasses import replace

from accounts import fields
from filings.models import ChangeDetails, ClosingDetails, OpeningDetails
from filings.printing.form import HIDDEN
from filings.views.sheet import EMPTY, Cell
from zhonglou_media.core.errors import Difference

LABELS = frozenset(
    {fields.label("custodian_phone")}
    | {
        str(field.verbose_name)
        for table in (OpeningDetails, ChangeDetails, ClosingDetails)
        for field in table._meta.concrete_fields
        if field.name.endswith("_phone")
    }
)


def without(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """A printed form whose telephones are hidden."""
    return [[replace(cell, text=_hidden(cell.text)) if cell.label in LABELS else cell for cell in row] for row in rows]


def differences_without(found: Sequence[Difference]) -> list[Difference]:
    """What differs, without the telephones themselves."""
    return [replace(one, old=_hidden(one.old), new=_hidden(one.new)) if one.label in LABELS else one for one in found]


def _hidden(text: str) -> str:
    return text if not text or text in EMPTY else HIDDEN
