"""The four kinds of filing: one machine, and for each kind its form, its rules and what it does to the register."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django import forms

from accounts.models import AccountState
from accounts.models.account import OPENABLE
from filings import changing, checks, closing, opening
from filings.checks import Check
from filings.forms.change import ChangeForm, ChangeSupplementForm
from filings.forms.closing import CancelSupplementForm, ClosingForm, ClosingSupplementForm
from filings.forms.common import FilingForm
from filings.forms.opening import OpeningForm, SupplementForm
from filings.models import Filing, FilingKind


def _nothing(filing: Filing, **how: Any) -> None:
    """This kind does nothing to the register then."""


@dataclass(frozen=True)
class Kind:
    """What differs between kinds. What acts is called in the transaction of its use case, with `filing` locked."""

    starts_from: tuple[AccountState, ...]  # states of an account for which it may be filed
    starts_words: str  # the sentence that names them
    form: type[FilingForm]
    supplement: type[forms.Form]  # late facts, contacts, remarks
    prefill: Callable[..., dict[str, Any]]  # (unit, account): what is known already
    check: Callable[..., list[Check]]  # (typed, filing=): the rules while it is typed
    check_details: Callable[..., list[Check]]  # (details, filing): the same for what is about to be frozen
    approved: Callable[..., None]  # the leader approved: raises Refused when the register stands in the way
    accepted: Callable[..., None]
    undone: Callable[..., None]  # the acceptance is undone: 撤销通过, 上级退回
    lacks: Callable[..., str]  # (filing, now): the late fact that completion waits for, ''
    complete: Callable[..., str]  # does it, or says what stands in the way
    ended: Callable[..., None]  # withdrawn or refused


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        FilingKind.OPEN: Kind(
            starts_from=OPENABLE,
            starts_words="只有未备案或已关停的账号可以补报开办备案",
            form=OpeningForm,
            supplement=SupplementForm,
            prefill=opening.prefill,
            check=checks.check_typed,
            check_details=checks.check_details,
            approved=opening.approved,
            accepted=_nothing,
            undone=_nothing,
            lacks=lambda filing, now: "",
            complete=opening.complete,
            ended=opening.ended,
        ),
        FilingKind.CHANGE: Kind(
            starts_from=(AccountState.ACTIVE,),
            starts_words="只有正常运行的账号可以办理变更报备",
            form=ChangeForm,
            supplement=ChangeSupplementForm,
            prefill=changing.prefill,
            check=changing.check,
            check_details=changing.check_details,
            approved=changing.approved,
            accepted=changing.accepted,
            undone=_nothing,
            lacks=changing.lacks,
            complete=changing.complete,
            ended=_nothing,
        ),
        FilingKind.CLOSE: Kind(
            starts_from=(AccountState.ACTIVE,),
            starts_words="只有正常运行的账号可以办理关停报备",
            form=ClosingForm,
            supplement=ClosingSupplementForm,
            prefill=closing.prefill,
            check=closing.check,
            check_details=closing.check_details,
            approved=closing.approved,
            accepted=closing.accepted,
            undone=closing.undone,
            lacks=closing.lacks,
            complete=closing.complete,
            ended=closing.ended,
        ),
        FilingKind.CANCEL: Kind(
            starts_from=(AccountState.ACTIVE, AccountState.CLOSED),
            starts_words="只有正常运行或已关停的账号可以办理注销报备",
            form=ClosingForm,
            supplement=CancelSupplementForm,
            prefill=closing.prefill,
            check=closing.check,
            check_details=closing.check_details,
            approved=closing.approved,
            accepted=closing.accepted,
            undone=closing.undone,
            lacks=closing.lacks,
            complete=closing.complete,
            ended=closing.ended,
        ),
    }
)


def of(filing: Filing) -> Kind:
    """The kind of `filing`."""
    return KINDS[filing.kind]
