"""Valid objects in one line: people with a role, accounts, openings in any state, all made through the use cases."""

from datetime import date, datetime
from itertools import count
from typing import Any

from django.core.files.base import ContentFile

from accounts import lifecycle
from accounts.models import Account, Membership, Origin, Platform, Role, Unit
from filings import approving, drafting, exchange, reporting, reviewing
from filings.models import Filing, FilingState, PreApproval, System
from filings.reading import Reading, latest
from zhonglou_media.core import files
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.models import File, User

_numbers = count(1)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def at(text: str) -> datetime:
    """A Shanghai moment: 「2026-11-24 14:05」 or with seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOW = at("2026-11-24 14:05")


def unit(name: str = "", **fields: Any) -> Unit:
    """A unit; 街道 unless told otherwise."""
    return Unit.objects.create(name=name or f"示例{next(_numbers)}街道办事处", **{"kind": "subdistrict", **fields})


def user(role: Role | str | None = None, of: Unit | None = None, name: str = "") -> User:
    """A user, with a membership when a role is named (office roles in a unit of their own)."""
    n = next(_numbers)
    made = User.objects.create_user(f"user{n}", None, name=name or f"示例人员{n}")
    if role is not None:
        Membership.objects.create(user=made, unit=of or office(), role=role)
    return made


def office() -> Unit:
    """区政府办公室."""
    return Unit.objects.get_or_create(name="区政府办公室", defaults={"kind": "department"})[0]


def platform(code: str = "douyin") -> Platform:
    """A seeded platform by its code."""
    return Platform.objects.get(code=code)


def account(of: Unit | None = None, *, found: bool = False, now: datetime = NOW, **fields: Any) -> Account:
    """A registered account: active from the baseline, or `found` and unfiled."""
    n = next(_numbers)
    known = {"name": f"示例账号{n}", "uid": f"uid-{n}", "custodian": "示例管理人"}
    fields = {"platform": platform(), **known, **fields}
    origin = Origin.FOUND if found else Origin.BASELINE
    return lifecycle.register([Account(unit=of or unit(), **fields)], origin=origin, now=now)[0]


def preapproval(of: Unit, code: str = "wechat", number: str = "", **fields: Any) -> PreApproval:
    """A granted application of a 区级部门 to open an account (第九条, 第十条), past its use cases."""
    decided = {"asked_at": NOW, "reason": "示例理由", "decided_at": NOW, "decided_by": user(Role.SUPERVISOR)}
    number = number or f"示例〔2026〕{next(_numbers)}号"
    facts = {"platform": platform(code), "account_name": "示例", "document_no": number, "state": "granted", **decided}
    return PreApproval.objects.create(**{"unit": of, "purpose": "new", **facts, **fields})


def scan() -> File:
    """A signed paper as a PDF."""
    return files.store(ContentFile(PDF + str(next(_numbers)).encode(), name="签批件.pdf"))


class Cast:
    """The people of one unit and of the office, each with the one role a filing needs."""

    def __init__(self, of: Unit | None = None) -> None:
        self.unit = of or unit()
        self.operator = user(Role.OPERATOR, self.unit)
        self.leader = user(Role.LEADER, self.unit)
        self.officer = user(Role.OFFICER)
        self.supervisor = user(Role.SUPERVISOR)


def typed(**fields: Any) -> dict[str, Any]:
    """What an operator types into 附件2, complete enough to submit."""
    n = next(_numbers)
    return {
        "platform": "douyin",
        "name": f"示例新账号{n}",
        "purpose": "发布本单位政务信息",
        "uid": f"new-{n}",
        **fields,
    }


def read(filing: Filing) -> Reading:
    """What somebody has open who looks at the filing now."""
    filing.refresh_from_db()
    revision = latest(filing)
    return Reading(revision.number, revision.sm3)


def opening(
    state: FilingState | str = FilingState.DRAFT,
    cast: Cast | None = None,
    *,
    now: datetime = NOW,
    paper: date | None = None,
    on: Account | None = None,
    **fields: Any,
) -> Filing:
    """An opening brought to `state` by its use cases, all at `now`; `paper` approves on paper with that date."""
    cast = cast or Cast()
    filing = drafting.start("open", by=cast.operator, unit=cast.unit, account=on, now=now)
    return bring(filing, state, cast, typed(**fields), now=now, paper=paper)


def change(
    state: FilingState | str = FilingState.DRAFT,
    cast: Cast | None = None,
    *,
    on: Account | None = None,
    now: datetime = NOW,
    paper: date | None = None,
    **fields: Any,
) -> Filing:
    """A change of `on` (an account of the cast's unit; of another one: 主办单位变更), done on the platform today.

    `fields` are what becomes otherwise and how the form is filled; without any the intro changes.
    """
    cast = cast or Cast()
    account_ = on or account(cast.unit, now=now)
    filing = drafting.start("change", by=cast.operator, unit=cast.unit, account=account_, now=now)
    announced = "name" in fields or account_.unit_id != cast.unit.pk
    data = {"reason": "示例变更原因", "effective_on": now.date().isoformat()}
    data |= {"notice_text": "关于账号变更的公告（示例）"} if announced else {}
    return bring(filing, state, cast, data | (fields or {"intro": "示例新简介"}), now=now, paper=paper)


def closing(
    state: FilingState | str = FilingState.DRAFT,
    cast: Cast | None = None,
    *,
    kind: str = "close",
    on: Account | None = None,
    now: datetime = NOW,
    paper: date | None = None,
    **fields: Any,
) -> Filing:
    """A closure of `on` (an account of the cast's unit), or its cancellation with its proof, done on the platform.

    The announcement is the one that the form drafts.
    """
    cast = cast or Cast()
    account_ = on or account(cast.unit, now=now)
    filing = drafting.start(kind, by=cast.operator, unit=cast.unit, account=account_, now=now)
    data = {"mode": "cancel" if kind == "cancel" else "stop", "reasons": ["unused"], "disposal": "keep"}
    data |= {"effective_on": now.date().isoformat()}
    if kind == "cancel":
        reporting.attach(filing.pk, by=cast.operator, file=scan(), name="注销证明.pdf", kind="proof", now=now)
    return bring(filing, state, cast, data | fields, now=now, paper=paper)


def bring(
    filing: Filing, state: FilingState | str, cast: Cast, data: dict[str, Any], *, now: datetime, paper: date | None
) -> Filing:
    """Type `data` into the draft `filing` and bring it to `state` by its use cases; it knows its `cast` then."""
    drafting.save_draft(filing.pk, by=cast.operator, data=data, now=now)
    for step in PATHS[FilingState(state)]:
        step(filing.pk, cast, now, paper)
    filing = Filing.objects.get(pk=filing.pk)
    filing.cast = cast  # type: ignore[attr-defined]
    return filing


def _submit(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    drafting.submit(pk, by=cast.operator, now=now)


def _approve(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    if paper is None:
        approving.leader_approve(pk, by=cast.leader, read=read(Filing.objects.get(pk=pk)), now=now)
    else:
        approving.record_paper_approval(
            pk, by=cast.operator, leader_name="示例领导", approved_on=paper, scan=scan(), now=now
        )


def _report(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    reporting.report(pk, by=cast.operator, now=now)


def _accept(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    if paper is not None:
        reviewing.check_paper(pk, by=cast.officer, read=read(Filing.objects.get(pk=pk)), now=now)
    reviewing.accept(pk, by=cast.officer, read=read(Filing.objects.get(pk=pk)), now=now)


def _return(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    reviewing.return_(pk, by=cast.officer, read=read(Filing.objects.get(pk=pk)), now=now, comment="请补充说明")


def _refuse(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    reviewing.refuse(
        pk,
        by=cast.officer,
        read=read(Filing.objects.get(pk=pk)),
        now=now,
        comment="依据第七条不予备案",
        on_platform=False,
    )


def _withdraw(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    reporting.withdraw(pk, by=cast.operator, reason="暂不开设", on_platform=False, now=now)


def _complete(pk: int, cast: Cast, now: datetime, paper: date | None) -> None:
    for system in System.values:
        exchange.take_receipt(
            pk, system=system, result="taken", number=f"{system}-{pk}", on=now.date(), by=cast.officer, now=now
        )


S = FilingState
PATHS: dict[FilingState, tuple[Any, ...]] = {
    S.DRAFT: (),
    S.LEADER_REVIEW: (_submit,),
    S.TO_REPORT: (_submit, _approve),
    S.OFFICE_REVIEW: (_submit, _approve, _report),
    S.RETURNED: (_submit, _approve, _report, _return),
    S.ACCEPTED: (_submit, _approve, _report, _accept),
    S.COMPLETED: (_submit, _approve, _report, _accept, _complete),
    S.REFUSED: (_submit, _approve, _report, _refuse),
    S.WITHDRAWN: (_submit, _approve, _withdraw),
}
