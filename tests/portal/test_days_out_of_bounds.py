"""A day before all days or behind them, typed into any form: the page comes back with it and says what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Outsourcing, Role
from filings.models import Announcement
from tests.factories import NOW, Cast, account, change, closing, opening, platform, preapproval, unit, user

BAD = ("0001-01-01", "9999-12-31")
SAID = ("请核对年份", "不能晚于现在", "不能早于留言时间")
LEDGER = "序号,平台,账号名称\n".encode()
BESIDE = {"same_platform_reason": "分工不同（示例）"}


@dataclass(frozen=True)
class Case:
    """A form on a page: who fills it in, its address, its days, and what is typed beside."""

    who: Role
    name: str
    days: tuple[str, ...]
    pk: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # of the address


def accounts_(cast: Cast) -> Iterator[Case]:
    row = account(cast.unit, platform=platform("weibo"), custodian="示例张三")
    contract = {"vendor": "示例运维", "reviewer": "示例孙七", "nda": "on"}
    standing = Outsourcing.objects.create(account=row, starts_on="2026-01-01", vendor="示例", reviewer="示例", nda=True)
    operator = Role.OPERATOR
    yield Case(operator, "accounts:name_custodian", ("from_date",), row.pk, {"name": "示例李四"})
    yield Case(operator, "accounts:leave_custodian", ("to_date",), row.pk)
    yield Case(operator, "accounts:outsourcing", ("starts_on", "ends_on"), row.pk, contract)
    yield Case(operator, "accounts:outsourcing_end", ("ended_on",), row.pk, {"row": standing.pk})
    seen = {"platform": "weibo", "name": "示例", "source": "检索", "verdict": "imitation"}
    yield Case(Role.OFFICER, "accounts:sighting_new", ("found_on",), data=seen)
    list_ = {"source": "检索", "file": LEDGER}
    yield Case(Role.OFFICER, "accounts:sighting_list", ("found_on",), data=list_)
    yield Case(Role.SUPERVISOR, "accounts:thresholds", ("from_date",), data={"key": "post_days", "value": "10"})
    question = {"kind": "inquiry", "when": "at", "replied": "at"}
    question |= {"asked_at": "2026-11-20T08:00", "replied_at": "2026-11-20T09:00"}
    yield Case(operator, "accounts:publish", ("published_at",), row.pk, {"when": "at"})
    yield Case(operator, "accounts:ask", ("asked_at", "replied_at"), row.pk, question)
    ordered = {"reason": "示例", "number": "示例1号", "ground": "unfiled"}
    found = account(cast.unit, platform=platform("kuaishou"), found=True)
    yield Case(Role.SUPERVISOR, "inspections:issue_order", ("due_on",), found.pk, ordered)
    yield Case(operator, "inspections:report_lost", ("since",), row.pk, {"what": "示例"})
    yield Case(Role.SUPERVISOR, "inspections:declare_lost", ("since", "due_on"), row.pk, ordered)


def filings(cast: Cast) -> Iterator[Case]:
    draft, form = opening("draft", cast), "filings:edit"
    yield Case(Role.OPERATOR, form, ("effective_on",), draft.pk, more={"step": "basics"})
    yield Case(Role.OPERATOR, form, ("vendor_until",), draft.pk, {"outsourced": "yes"}, {"step": "people"})
    other = change("draft", cast, on=account(cast.unit, platform=platform("toutiao")))
    yield Case(Role.OPERATOR, form, ("effective_on", "notice_on"), other.pk, more={"step": "reasons"})
    ending = closing("draft", cast, on=account(cast.unit, platform=platform("bilibili")))
    yield Case(Role.OPERATOR, form, ("effective_on", "due_on"), ending.pk, more={"step": "basics"})
    signed = {"leader_name": "示例"}
    yield Case(
        Role.OPERATOR, "filings:record_paper", ("approved_on",), opening("leader_review", cast, **BESIDE).pk, signed
    )
    papered = opening("to_report", cast, paper=NOW.date(), **BESIDE)
    yield Case(Role.OPERATOR, "filings:correct_paper", ("approved_on",), papered.pk, signed)
    reported, accepted = opening("office_review", cast, **BESIDE), opening("accepted", cast, **BESIDE)
    yield Case(Role.OPERATOR, "filings:supplement", ("effective_on",), reported.pk)
    receipt = {"receipt-filing": accepted.number, "receipt-system": "national", "receipt-result": "taken"}
    yield Case(Role.OFFICER, "filings:receipt", ("receipt-on",), data=receipt)
    ended = closing("accepted", cast, on=account(cast.unit, platform=platform("sohu")))
    assert Announcement.objects.filter(filing=ended).exists()
    yield Case(Role.OPERATOR, "filings:announcement", ("on",), ended.pk, {"text": "示例"})
    kept = account(cast.unit, platform=platform("netease"))
    asked = preapproval(
        cast.unit, purpose="retain", account=kept, act_by=NOW, state="asked", decided_at=None, decided_by=None
    )
    refused = {"decide-decision": "refuse", "decide-comment": "示例", "decide-confirmed": "on"}
    yield Case(Role.SUPERVISOR, "filings:preapproval_decide", ("decide-act_by",), asked.pk, refused)


def people(cast: Cast) -> Iterator[Case]:
    member = cast.leader.memberships.get()
    where = {"unit": cast.unit.pk, "role": "operator"}
    named = where | {"username": "shili8", "name": "示例"}
    yield Case(Role.ADMIN, "user_new", ("from_date",), data=named)
    yield Case(Role.ADMIN, "membership_add", ("from_date", "to_date"), cast.leader.pk, where)
    end = {"membership_id": member.pk}
    yield Case(Role.ADMIN, "membership_end", ("to_date",), cast.leader.pk, {"when": "later"}, end)
    other = unit()
    fields = {"name": "示例新名称", "kind": other.kind, "scope": "bound"}
    yield Case(Role.ADMIN, "unit_edit", ("since",), other.pk, fields)
    merged = {"into": cast.unit.pk, "document": "示例文件"}
    yield Case(Role.ADMIN, "unit_merge", ("on",), other.pk, merged)


PARTS: tuple[Callable[[Cast], Iterator[Case]], ...] = (accounts_, filings, people)


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.strip("_"))
def test_every_form_gives_the_day_back_and_says_what_is_wrong(part: Callable[[Cast], Iterator[Case]], bad: str) -> None:
    cast, wrong = Cast(), {}
    clients = {Role.OPERATOR: Client(), **{role: Client() for role in (Role.OFFICER, Role.SUPERVISOR, Role.ADMIN)}}
    for role, client in clients.items():
        client.force_login(cast.operator if role == Role.OPERATOR else user(role))
    for case in part(cast):
        url = reverse(case.name, kwargs=({"pk": case.pk} if case.pk else {}) | case.more)
        for name in case.days:
            given = f"{bad}T08:00" if name.endswith("_at") else bad
            data = {
                key: SimpleUploadedFile("清单.csv", value) if isinstance(value, bytes) else value
                for key, value in case.data.items()
            }
            answer = clients[case.who].post(url, data | {name: given})
            if case.name == "filings:edit":  # whatever is typed is kept, and judged when asked
                answer = clients[case.who].get(f"{url}?check")
            page = answer.content.decode()
            expected = 200 if case.name == "filings:edit" else 422
            if (
                answer.status_code != expected
                or f'value="{given}"' not in page
                or not any(said in page for said in SAID)
            ):
                wrong[case.name, name] = answer.status_code
    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD)
def test_counting_working_days_from_it(bad: str) -> None:
    client = Client()
    client.force_login(user(Role.OFFICER))
    page = client.get("/calendar/", {"day": bad, "n": "3"}).content.decode()
    assert f'value="{bad}"' in page
    assert "请核对年份" in page


def test_every_day_of_a_form_is_the_one_field() -> None:
    apps = ("accounts", "filings", "inspections", "zhonglou_media/portal")
    files = [file for app in apps for file in (Path(settings.BASE_DIR) / app).rglob("*.py")]
    other = [file.name for file in files if "forms.DateField" in file.read_text()]
    assert other == ["styleguide.py"]  # a specimen, typed into by nobody
