"""改认定: what something seen was found to be was wrong (第八条); its history keeps what was said before.

An account that a mistaken 未备案 entered in the register is void: at once where the supervisor corrects it, by him
where an officer does.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audience, lifecycle, policy, sightings
from accounts.models import Account, AccountState, Origin, Role, Sighting, Verdict
from accounts.policy import Action
from accounts.sightings import Choice, Rows, Seen
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading
from zhonglou_media.core.models import User

SORTED_AGAIN = "sort_again"  # the verb of the event


@dataclass(frozen=True)
class Corrected:
    """What came of it: how many of the unit were told (None: nobody had to be), and what became of the mistaken row."""

    sighting: Sighting
    told: int | None = None
    void: Account | None = None  # made void at once
    left: Account | None = None  # still 未备案, for the supervisor to make void


def reading(sighting: Sighting) -> str:
    """What a page shows of it that a correction stands on."""
    return f"{sighting.verdict} {sighting.at.isoformat()}"


def sort_again(
    sighting_id: int,
    verdict: str,
    *,
    account: int | None = None,
    unit: int | None = None,
    reason: str,
    read: str,
    by: User,
    now: datetime,
) -> Corrected:
    """更改认定, with a reason; an account now found unfiled enters the register and its unit is told.

    `account` and `unit` as in `sightings.Choice`. Raises NotAllowed; StaleReading when somebody was faster; Incomplete
    by field; WrongState where the mistaken row cannot be made void.
    """
    role = policy.require(by, Action.SIGHT)
    try:
        with transaction.atomic():
            done = _sort_again(sighting_id, verdict, account, unit, reason.strip(), read, role, by, now)
    except IntegrityError as error:
        raise Refused(sightings.BEATEN) from error
    return done


def _sort_again(
    pk: int, verdict: str, account: int | None, unit: int | None, reason: str, read: str, role: str, by: User,
    now: datetime,
) -> Corrected:  # fmt: skip
    locked = Sighting.objects.select_for_update(of=("self",)).select_related("platform", "unit", "account__unit", "by")
    sighting = locked.get(pk=pk)
    if read != reading(sighting):
        who = sighting.by.name if sighting.by else "系统"
        raise StaleReading(f"没有改：{who}已改认定为“{sighting.get_verdict_display()}”，请看过再决定。", [])
    choice = Choice(_seen(sighting), verdict, account, unit)
    rows = Rows.lock([choice], also=[sighting.account_id] if sighting.account_id else [])
    before = rows.accounts.get(sighting.account_id or 0)
    errors: dict[str, list[str]] = {}
    for field, sentence in rows.problems(choice, now):
        errors.setdefault(field, []).append(sentence)
    if not errors and (verdict, account) == (sighting.verdict, sighting.account_id):
        errors["verdict"] = ["和原来的认定相同，不用改。"]
    if not reason:
        errors["reason"] = ["请写明改认定的理由。"]
    if errors:
        raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能改认定。", errors)
    was = {"verdict": sighting.verdict, "account": sighting.account_id}
    old = sighting.verdict
    made = rows.new_account(choice, now) if rows.is_new(choice) else None
    if made is not None:
        lifecycle.register([made], origin=Origin.FOUND, now=now)
    named = made or rows.account(choice)
    sighting.verdict, sighting.account = verdict, named
    sighting.unit_id = named.unit_id if named is not None and verdict != Verdict.FAKE else unit
    sighting.by, sighting.at = by, now
    sighting.save(update_fields=["verdict", "account", "unit", "by", "at"])
    told = None
    if verdict == Verdict.UNFILED and named is not None:
        told = sightings.tell_units([(named, f"{sighting.pk}-again")], now=now).get(named.unit_id, 0)
        sightings.tell_history(sighting, made is not None, by, role, now)
    mistaken = _mistaken(before, old) if before is not None and before != named else None
    void = mistaken if mistaken is not None and policy.may(by, Action.VOID, mistaken) else None
    if void is not None:
        lifecycle.void(void, reason=f"改认定为“{sighting.get_verdict_display()}”：{reason}", by=by, now=now)
    detail = {"was": was, "verdict": verdict, "account": sighting.account_id}
    event = events.append(
        sighting, SORTED_AGAIN, by=by, role=role, at=now, from_state=old, to_state=verdict, comment=reason,
        detail=detail,
    )  # fmt: skip
    if mistaken is not None:
        _tell(sighting, mistaken, void is not None, event.seq, by, now)
    return Corrected(sighting, told, void, mistaken if void is None else None)


def _seen(sighting: Sighting) -> Seen:
    return Seen(
        sighting.platform,
        sighting.name,
        sighting.source,
        day_of(sighting.found_at),
        sighting.uid,
        sighting.link,
        sighting.note,
    )


def _mistaken(before: Account, verdict: str) -> Account | None:
    """The row that this finding alone says is unfiled."""
    if verdict != Verdict.UNFILED or before.sightings.filter(verdict=Verdict.UNFILED).exists():
        return None
    return before if (before.state, before.origin) == (AccountState.UNFILED, Origin.FOUND) else None


def _tell(sighting: Sighting, account: Account, void: bool, seq: int, by: User, now: datetime) -> None:
    """The unit, that it need do nothing more; or the supervisors, that the row is theirs to make void."""
    verdict = sighting.get_verdict_display()
    roles, unit_id = (audience.UNIT, account.unit_id) if void else ((Role.SUPERVISOR,), None)
    text = (
        f"更正：区政府办公室发现的{account}已改认定为“{verdict}”，台账里的那一行已经作废，不用再补报或关停。"
        if void
        else f"{account}已由{by.name}改认定为“{verdict}”，台账里仍是{account.unit}的未备案账号，请核实后作废。"
    )
    notices.tell(
        audience.people(roles, now=now, unit_id=unit_id, but=by),
        key=f"sorted-again-{sighting.pk}-{seq}",
        text=text,
        link=reverse("accounts:detail", args=[account.pk]),
        now=now,
    )
