"""通报 (第二十四条): drafted from a month's results, edited, sent for approval, published; then immutable.

草稿 → 待审定 → 已公开; a correction is a new one that names the old. Each use case locks the check, then the circular,
reads the state under the lock, refuses a stale version of the text, writes, and appends its event last. A circular goes
on only when no figure of it disagrees with the facts or with another, unless the difference is explained in its text;
at publication the facts are computed once more under the lock of the check and of its sheets. Times are aware.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import policy
from accounts.models import Platform
from accounts.policy import Action
from inspections import checks, circular_checking, circular_figures, circular_text, circular_word, telling_circulars
from inspections.circular_checking import READ, Checked
from inspections.circular_steps import (
    TEXTS,
    as_read,
    begin,
    begin_edit,
    drafted_number,
    hold_sheets,
    locked_check,
    move,
    take_numbers,
    wrong_state,
)
from inspections.models import CheckState, Circular, CircularState
from zhonglou_media.core import events, files
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import User

S = CircularState
NEEDED = ("title", "addressed_to", "basis", "overview", "problems", "demands", "signed")
MOST = {"title": 120, "document_no": 60, "addressed_to": 200, "signed": 60}
MOST_TEXT = 60_000


@dataclass(frozen=True)
class Published:
    """What was published, and how many units were told."""

    circular: Circular
    units: int


# --- what is read ----------------------------------------------------------------------------------------------------


def published() -> QuerySet[Circular]:
    """What the public may read, the newest first."""
    rows = Circular.objects.filter(state=S.PUBLISHED).select_related("spot_check", "word", "corrects")
    return rows.order_by("-published_at", "-pk")


def correction_of(circular: Circular) -> Circular | None:
    """The published one that corrects it."""
    return Circular.objects.filter(corrects=circular, state=S.PUBLISHED).first()


def check_figures(circular: Circular, said: Mapping[str, Any]) -> Checked:
    """数字核对 of its text with the figures `said`."""
    platforms = list(Platform.objects.values_list("name", flat=True))
    return circular_checking.check(texts_of(circular), said, circular.explained, circular.rectify_by, platforms)


def texts_of(circular: Circular) -> dict[str, str]:
    """Its sections that state figures."""
    return {name: getattr(circular, name) for name in READ}


# --- drafting --------------------------------------------------------------------------------------------------------


def draft(check_id: int, *, by: User, now: datetime) -> Circular:
    """起草通报 from the results; the check is closed by it. A draft that is there already is returned as it is.

    Raises NotAllowed, Refused (accounts without a result), WrongState (published already).
    """
    with transaction.atomic():
        check = locked_check(check_id)
        role = policy.require(by, Action.CIRCULAR)
        there = check.circulars.filter(corrects__isnull=True).first()
        if there is not None:
            if there.state == S.PUBLISHED:
                raise WrongState(f"{check}的通报已公开（{there.index_no}），需要改动的请发更正通报。")
            return there
        if check.state != CheckState.CLOSED:
            check = checks.close(check_id, by=by, now=now)
        said, due = circular_figures.figures(check), circular_figures.due_on(check)
        last = published().first()
        made = Circular.objects.create(
            spot_check=check,
            title=circular_text.title(check),
            document_no=drafted_number(now),
            addressed_to=last.addressed_to if last else circular_text.ADDRESSED,
            basis=circular_text.basis(check),
            signed=last.signed if last else circular_text.ISSUER,
            drafted_at=now,
            drafted_by=by,
            last_editor=by,
            figures=circular_figures.kept(said),
            rectify_by=due,
            **drafted_sections(said, due, now),
        )
        events.append(made, "draft", by=by, role=role, at=now, to_state=made.state, detail={"check": check.code})
    return made


def drafted_sections(said: Mapping[str, Any], rectify_by: date | None, now: datetime) -> dict[str, str]:
    """The sections as they are drafted from the figures at `now`."""
    return {
        "overview": circular_text.overview(said),
        "problems": circular_text.problems(said),
        "praise": circular_text.praise(said),
        "demands": circular_text.demands(rectify_by, day_of(now)),
    }


def correct(circular_id: int, *, reason: str, by: User, now: datetime) -> Circular:
    """更正通报: a new draft that names the published one, which stays as it was; one that is there already is returned.

    Raises NotAllowed, WrongState (not published, or corrected already), Refused without a reason.
    """
    with transaction.atomic():
        old, role = begin(circular_id, Action.CIRCULAR, by=by)
        there = Circular.objects.filter(corrects=old).first()
        if there is not None:
            if there.state == S.PUBLISHED:
                raise WrongState(f"这份通报已由 {there.index_no} 更正，请从那一份开始更正。")
            return there
        if old.state != S.PUBLISHED:
            raise WrongState("这份通报还没有公开，直接修改即可，不用更正。")
        if not reason.strip():
            raise Refused("请写明更正的内容和原因，它会写进更正通报。")
        said, due = circular_figures.figures(old.spot_check), circular_figures.due_on(old.spot_check)
        title = old.title if "更正" in old.title else f"{circular_text.title(old.spot_check)}（更正）"
        made = Circular.objects.create(
            spot_check=old.spot_check,
            corrects=old,
            title=title,
            document_no=drafted_number(now),
            addressed_to=old.addressed_to,
            basis=circular_text.correcting(old.title, old.document_no, reason.strip()),
            signed=old.signed,
            work=old.work,
            drafted_at=now,
            drafted_by=by,
            last_editor=by,
            figures=circular_figures.kept(said),
            rectify_by=due or old.rectify_by,
            **drafted_sections(said, due or old.rectify_by, now),
        )
        detail = {"corrects": old.pk}
        events.append(
            made,
            "draft_correction",
            by=by,
            role=role,
            at=now,
            to_state=made.state,
            comment=reason.strip(),
            detail=detail,
        )
    return made


# --- editing ---------------------------------------------------------------------------------------------------------


def save(circular_id: int, typed: Mapping[str, Any], *, version: int, by: User, now: datetime) -> Circular:
    """Keep what was typed (`TEXTS`, `rectify_by`), with the figures as they are now; a draft may be incomplete.

    Raises NotAllowed, WrongState (no draft), StaleReading (saved meanwhile; carries what differs), Incomplete.
    """
    with transaction.atomic():
        circular, role = begin_edit(circular_id, typed, version=version, by=by)
        changed = _put(circular, typed)
        _keep(circular, changed, "save", by=by, role=role, now=now)
    return circular


def fix(circular_id: int, key: str, *, version: int, by: User, now: datetime) -> Circular:
    """改成: the figures of the difference `key` become the facts. Raises as `save`; Refused when it is gone."""
    with transaction.atomic():
        circular, role = begin_edit(circular_id, {}, version=version, by=by)
        found = check_figures(circular, circular_figures.figures(circular.spot_check))
        marks = [mark for mark in found.marks if mark.key == key and mark.differs and mark.fixable]
        if not marks:
            raise Refused("这处数字已经改过，请看现在的核对结果。")
        changed = _put(circular, circular_checking.corrected(texts_of(circular), marks))
        _keep(circular, changed, "save", by=by, role=role, now=now)
    return circular


def explain(circular_id: int, key: str, text: str, *, version: int, by: User, now: datetime) -> Circular:
    """说明原因: the sentence goes into the circular, behind the paragraph where the difference stands.

    Raises as `save`; Refused without a sentence, or when the difference is gone.
    """
    with transaction.atomic():
        circular, role = begin_edit(circular_id, {}, version=version, by=by)
        found = check_figures(circular, circular_figures.figures(circular.spot_check))
        mark = next((mark for mark in found.stopping if mark.key == key), None)
        if mark is None:
            raise Refused("这处数字已经改过，请看现在的核对结果。")
        if len(text.strip()) < 4:
            raise Incomplete("请写明数字不一致的原因。", {"explain": ["请写一句话，它会写进通报。"]})
        sentence = " ".join(text.split()).rstrip("。；;") + "。"
        body = getattr(circular, mark.section)
        end = body.find("\n", mark.end)
        end = len(body) if end < 0 else end
        if sentence not in body:
            body = body[:end] + sentence + body[end:]
        rows = [row for row in circular.explained if row["key"] != key]
        changed = _put(circular, {mark.section: body})
        circular.explained = [*rows, {"key": key, "text": sentence}]
        detail = {"key": key, "text": sentence}
        _keep(circular, changed, "explain", by=by, role=role, now=now, detail=detail)
    return circular


def confirm(circular_id: int, key: str, *, version: int, by: User, now: datetime) -> Circular:
    """核对无误: what no record tells of is as the sentence says; it holds for that sentence and the facts of now.

    Raises as `save`; Refused when it is gone, or is a difference from the facts.
    """
    with transaction.atomic():
        circular, role = begin_edit(circular_id, {}, version=version, by=by)
        found = check_figures(circular, circular_figures.figures(circular.spot_check))
        mark = next((mark for mark in found.asked if mark.key == key), None)
        if mark is None:
            raise Refused("这一句已经改过或核对过，请看现在的核对结果。")
        rows = [row for row in circular.explained if row["key"] != key]
        circular.explained = [*rows, {"key": key, "text": "", "confirmed": True}]
        detail = {"key": key, "confirmed": True}
        _keep(circular, [], "explain", by=by, role=role, now=now, detail=detail)
    return circular


def again(circular_id: int, section: str, *, version: int, by: User, now: datetime) -> Circular:
    """从结果重新带入: one section as it would be drafted now. Raises as `save`."""
    with transaction.atomic():
        circular, role = begin_edit(circular_id, {}, version=version, by=by)
        check = circular.spot_check
        due = circular_figures.due_on(check) or circular.rectify_by
        sections = drafted_sections(circular_figures.figures(check), due, now)
        if section not in sections:
            raise Refused("这一部分不由检查结果带入，请直接填写。")
        changed = _put(circular, {section: sections[section], "rectify_by": due})
        _keep(circular, changed, "save", by=by, role=role, now=now)
    return circular


# --- approval --------------------------------------------------------------------------------------------------------


def submit(circular_id: int, *, version: int, by: User, now: datetime) -> Circular:
    """送审. Raises as `save`; Refused while figures disagree or accounts have no result, Incomplete."""
    with transaction.atomic():
        circular, role = begin_edit(circular_id, {}, version=version, by=by)
        _submit(circular, circular_figures.figures(circular.spot_check), by=by, role=role, now=now)
    return circular


def recall(circular_id: int, *, by: User, now: datetime) -> Circular:
    """撤回修改: back to the draft, by the office itself. Raises NotAllowed, WrongState."""
    with transaction.atomic():
        circular, role = begin(circular_id, Action.CIRCULAR, by=by)
        _back(circular, "recall", "", by=by, role=role, now=now)
    return circular


def send_back(circular_id: int, *, reason: str, by: User, now: datetime) -> Circular:
    """退回修改. Raises NotAllowed, WrongState, Refused without a reason."""
    with transaction.atomic():
        circular, role = begin(circular_id, Action.PUBLISH_CIRCULAR, by=by)
        if circular.state == S.REVIEW and not reason.strip():
            raise Refused("请写明退回的理由。")
        _back(circular, "send_back", reason.strip(), by=by, role=role, now=now)
    return circular


def publish(circular_id: int, *, version: int, by: User, now: datetime) -> Published:
    """审定并公开: figures once more under the lock, index number, the .docx; the units that it names are told.

    Of a draft, 送审 is part of it. Raises NotAllowed, WrongState, StaleReading (edited meanwhile), Refused (figures
    disagree, or changed since the text was saved: a sheet was reopened), Incomplete.
    """
    with transaction.atomic():
        circular, role = begin(circular_id, Action.PUBLISH_CIRCULAR, by=by)
        if circular.state == S.PUBLISHED:
            raise wrong_state(circular)
        as_read(circular, {}, version)
        hold_sheets(circular.spot_check)
        said = circular_figures.figures(circular.spot_check)
        if circular_figures.kept(said) != circular.figures:
            raise Refused(
                "没有公开：文稿保存以后，检查结果又有变动（有检查单重新打开或改判）。请退回草稿重新核对，保存后再公开。"
            )
        if circular.state == S.DRAFT:
            _submit(circular, said, by=by, role=role, now=now, tell=False)
        else:
            _require_sound(circular, said)
        circular.index_no = take_numbers(circular, now)
        circular.published_at, circular.published_by = now, by
        circular.word = files.keep(circular_word.build(circular), files.DOCX)
        units = circular_figures.named_units(circular.spot_check)
        detail = {"index_no": circular.index_no, "document_no": circular.document_no, "sm3": circular.word.sm3}
        seq = move(circular, S.PUBLISHED, "publish", by=by, role=role, now=now, detail=detail)
        told = telling_circulars.published(circular, units, seq, by=by, now=now)
    return Published(circular, told)


def why_not(circular: Circular, said: Mapping[str, Any], found: Checked) -> str:
    """Why it can neither be sent for approval nor published now, in a sentence; '' when it can."""
    if said["waiting"]:
        return f"还有 {said['waiting']} 个账号没有检查结果，核完后才能送审和公开。"
    asked = len(found.asked)
    if off := found.stops - asked:
        more = f"另有 {asked} 处没有对应的记录，请核对后点“核对无误”。" if asked else ""
        return f"还有 {off} 处数字不一致，请改正，或在通报中说明原因，之后才能送审和公开。{more}"
    if asked:
        return f"还有 {asked} 处没有对应的记录，请核对后点“核对无误”，或改写，之后才能送审和公开。"
    return ""


# --- what the use cases share ----------------------------------------------------------------------------------------


def _put(circular: Circular, typed: Mapping[str, Any]) -> list[str]:
    """Write what is typed into the row; the names of what changed. Raises Incomplete for what does not fit."""
    errors: dict[str, list[str]] = {}
    changed = []
    for name in TEXTS:
        if name not in typed:
            continue
        value = str(typed[name]).replace("\r\n", "\n").replace("\r", "\n").strip()
        most = MOST.get(name, MOST_TEXT)
        if len(value) > most:
            errors[name] = [f"{TEXTS[name]}不能超过 {most} 个字，现在有 {len(value)} 个字。"]
        if value != getattr(circular, name):
            setattr(circular, name, value)
            changed.append(name)
    if "rectify_by" in typed and typed["rectify_by"] != circular.rectify_by:
        circular.rectify_by = typed["rectify_by"]
        changed.append("rectify_by")
    if errors:
        raise Incomplete(f"还有{len(errors)}处需要修改。", errors)
    return changed


def _keep(
    circular: Circular,
    changed: list[str],
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Save the draft and the figures of now; nothing changed, nothing written."""
    said = circular_figures.kept(circular_figures.figures(circular.spot_check))
    if not changed and said == circular.figures and verb == "save":
        return
    circular.figures = said
    circular.version += 1
    circular.last_editor, circular.edited_at = by, now
    circular.save()
    told = {"changed": changed, "version": circular.version, **(detail or {})}
    events.append(circular, verb, by=by, role=role, at=now, to_state=circular.state, detail=told)


def _require_sound(circular: Circular, said: Mapping[str, Any]) -> None:
    errors = {name: [f"请填写{TEXTS[name]}。"] for name in NEEDED if not getattr(circular, name).strip()}
    if errors:
        raise Incomplete(f"还有{len(errors)}处没有填写，填好后才能送审和公开。", errors)
    if why := why_not(circular, said, check_figures(circular, said)):
        raise Refused(why)


def _submit(
    circular: Circular, said: Mapping[str, Any], *, by: User, role: str, now: datetime, tell: bool = True
) -> None:
    _require_sound(circular, said)
    circular.figures = circular_figures.kept(said)
    circular.submitted_at, circular.submitted_by, circular.returned_reason = now, by, ""
    seq = move(circular, S.REVIEW, "submit", by=by, role=role, now=now, detail={"version": circular.version})
    if tell:
        telling_circulars.submitted(circular, seq, by=by, now=now)


def _back(circular: Circular, verb: str, reason: str, *, by: User, role: str, now: datetime) -> None:
    if circular.state != S.REVIEW:
        raise wrong_state(circular)
    circular.returned_reason = reason
    seq = move(circular, S.DRAFT, verb, by=by, role=role, now=now, comment=reason)
    if verb == "send_back":
        telling_circulars.sent_back(circular, seq, by=by, now=now)
