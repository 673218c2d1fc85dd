"""Every address × every role × own and foreign objects: who sees, who may post, and nobody else. It only grows.

The table is written out; the policy is not asked. An address without an entry fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest, HttpResponseForbidden
from django.test import Client
from django.urls import reverse

from accounts import activity, invitations
from accounts.middleware import DefaultDenyMiddleware
from accounts.models import Account, Confirmation, Flag, Role, Sighting
from filings import reporting
from filings.jobs import submit_receipts
from filings.models import (
    Announcement,
    ExportBatch,
    ExportRequest,
    Filing,
    PrintTemplate,
    Reconciliation,
)
from filings.printing import builtin, templates
from inspections import sweep
from inspections.models import ClosureOrder
from tests.addresses import addresses
from tests.factories import NOW, PDF, Cast, account, closing, opening, platform, preapproval, scan, unit, user
from tests.filings.reconciled import csv_of, reconcile
from tests.filings.reconciled import prepare as prepare_list
from zhonglou_media import urls
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, Notice, User
from zhonglou_media.portal import nav
from zhonglou_media.portal.jobs import KINDS

LIST = Path(__file__).parent.parent / "data" / "list_a.xlsx"

pytestmark = pytest.mark.django_db

OPERATOR, LEADER, PARENT = "operator", "leader", "parent"
OFFICER, SUPERVISOR, AUDITOR, ADMIN = "officer", "supervisor", "auditor", "admin"
UNIT = {OPERATOR, LEADER, PARENT}
OFFICE = {OFFICER, SUPERVISOR}
EVERYBODY = UNIT | OFFICE | {AUDITOR, ADMIN}
READERS = EVERYBODY - {ADMIN}
ANONYMOUS = "anonymous"
PUBLIC = EVERYBODY | {ANONYMOUS}


@pytest.fixture(autouse=True)
def what_every_page_shows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers in the navigation and the page of a refusal have tests of their own; here they would be made a
    thousand times."""
    monkeypatch.setattr(nav, "counts", lambda user, now: {"unread": nav.Count(0)})
    monkeypatch.setattr(urls, "handler403", lambda request, exception: HttpResponseForbidden())


def nothing(world: "World", own: bool) -> dict[str, object]:
    return {}


@dataclass(frozen=True)
class Entry:
    """Who may, for an object of the person's own unit and for a foreign one; how; which object is named, and where."""

    own: set[str]
    foreign: set[str]
    method: str = "get"
    kwargs: Callable[["World", bool], dict[str, object]] = nothing
    data: Callable[["World", bool], dict[str, object]] = nothing

    @property
    def names_nothing(self) -> bool:
        """Whether there is but one address, whosever the objects are."""
        return self.kwargs is nothing and self.data is nothing


@dataclass
class World:
    """Objects of the unit (own) and of another (foreign)."""

    filings: dict[bool, Filing]
    drafts: dict[bool, Filing]
    accounts: dict[bool, Account]
    attachments: dict[bool, int]
    notice: Notice
    job: Job
    flags: dict[bool, int]
    posts: dict[bool, int]
    questions: dict[bool, int]


def account_(world: World, own: bool) -> dict[str, object]:
    return {"pk": world.accounts[own].pk}


def order_(world: World, own: bool) -> dict[str, object]:
    """A closure order of the account, with a proof that was sent back."""
    row, by = world.accounts[own], world.job.by
    facts = {"number": f"示例{row.pk}号", "unit": row.unit, "ground": "unfiled", "reason": "示例", "issued_at": NOW}
    facts |= {"issued_by": by, "due_at": NOW, "proof": files.keep(PDF, files.PDF), "proof_name": "证明.pdf"}
    return {"pk": ClosureOrder.objects.get_or_create(account=row, defaults=facts)[0].pk}


def confirmed(world: World, own: bool) -> dict[str, object]:
    """What the unit confirmed in an earlier quarter."""
    said = {"digest": "0", "shown": {"unit": "示例", "contacts": [], "accounts": []}, "by": world.job.by, "at": NOW}
    unit_id = world.filings[own].unit_id
    return {"pk": Confirmation.objects.get_or_create(unit_id=unit_id, quarter="2021Q2", defaults=said)[0].pk}


def closing_(world: World, own: bool) -> dict[str, object]:
    """An accepted closure of the unit, which has announced it."""
    of: Any = world.filings[own]
    there = Filing.objects.filter(kind="close", unit=of.unit).first()
    on = account(of.unit, platform=platform("kuaishou")) if there is None else None
    return {"pk": (there or closing("accepted", of.cast, on=on)).pk}


def announced(world: World, own: bool) -> dict[str, object]:
    return {"pk": Announcement.objects.get(filing=closing_(world, own)["pk"]).pk}


def receipts_(world: World, own: bool) -> dict[str, object]:
    return {"job_id": Job.objects.get(kind="record_receipts").pk}


def exported_(world: World, own: bool) -> dict[str, object]:
    """An export on record, with its file."""
    facts = {"at": NOW, "by": world.job.by, "sm3": "0" * 64, "name": "全国.zip", "file": files.keep(PDF, files.PDF)}
    return {"pk": ExportBatch.objects.get_or_create(system="national", defaults=facts)[0].pk}


def export_job_(world: World, own: bool) -> dict[str, object]:
    """A job that made it."""
    result = {"batch": exported_(world, own)["pk"]}
    fields = {"state": "done", "by": world.job.by, "created_at": NOW, "result": result}
    fields["params"] = {"system": "national", "filings": None}
    return {"job_id": Job.objects.get_or_create(kind="export_filings", defaults=fields)[0].pk}


def asked_for(world: World, own: bool) -> dict[str, object]:
    """补报 of the account that waits."""
    facts = {"mark": "open", "why": "示例", "by": world.job.by, "at": NOW}
    row = world.accounts[own]
    return {"pk": ExportRequest.objects.get_or_create(system="national", account=row, defaults=facts)[0].pk}


def template_(world: World, own: bool) -> dict[str, object]:
    """A template of 附件2 that waits to be taken into use."""
    there = PrintTemplate.objects.first()
    content, by = builtin.built_in("opening"), world.job.by
    assert by is not None
    return {"pk": (there or templates.upload(content, of="opening", name="模板.docx", note="", by=by, now=NOW)).pk}


def bulk_(world: World) -> dict[str, object]:
    """What came of some filings that were passed at once."""
    fields = {"state": "done", "by": world.job.by, "created_at": NOW, "params": {"act": "accept", "comment": ""}}
    fields["result"] = {"all": 0, "done": 0, "skipped": 0, "failed": 0, "rows": []}
    return {"job_id": Job.objects.get_or_create(kind="bulk", defaults=fields)[0].pk}


def reconciled_(world: World, own: bool) -> dict[str, object]:
    """A run that found an account which only the system above has."""
    content = csv_of([["示例外来", "抖音", "foreign", "", "", "正常"]])
    return {"pk": (Reconciliation.objects.first() or reconcile(content, world.job.by)).pk}


def reconciled_line(world: World, own: bool) -> dict[str, object]:
    run = Reconciliation.objects.get(**reconciled_(world, own))
    return {"pk": run.lines.earliest("pk").pk}


def reconciled_job(world: World, own: bool) -> dict[str, object]:
    """A list whose columns are to be confirmed."""
    there = Job.objects.filter(kind="reconcile", state="prepared").first()
    return {"pk": (there or prepare_list(csv_of([["示例", "抖音", "", "", "", "新写法"]]), world.job.by)).pk}


def preapproval_(world: World, own: bool) -> dict[str, object]:
    """A granted application with its paper."""
    return {"pk": preapproval(world.accounts[own].unit, paper=scan(), paper_name="申请.pdf").pk}


def anybody(who: set[str], method: str = "get") -> Entry:
    """An address that names no object."""
    return Entry(who, who, method)


def of_filing(own: set[str], foreign: set[str], method: str = "get", **more: object) -> Entry:
    return Entry(own, foreign, method, lambda world, mine: {"pk": world.filings[mine].pk, **more})


def author_(world: World, own: bool) -> dict[str, object]:
    return {"pk": world.filings[own].author_id}


def membership_(world: World, own: bool) -> dict[str, object]:
    row = world.filings[own].unit.memberships.get(user=world.filings[own].author)
    return {"pk": row.user_id, "membership_id": row.pk}


def unit_(world: World, own: bool) -> dict[str, object]:
    return {"pk": world.filings[own].unit_id}


def link_(world: World, own: bool) -> dict[str, object]:
    """A one-time link that works."""
    author = world.filings[own].author
    assert author is not None
    return {"token": invitations.write(author, by=None, now=db_now())[0]}


SEEN = {AUDITOR} | OFFICE
PAGES: dict[str, Entry] = {
    "home": anybody(EVERYBODY),
    "done": anybody(READERS),
    "mine": anybody({OPERATOR}),
    "login": anybody(PUBLIC),
    "logout": anybody(PUBLIC, "post"),
    "switch": anybody(EVERYBODY, "post"),
    "invite": Entry(PUBLIC, PUBLIC, "get", link_),
    "users": anybody({ADMIN}),
    "user_new": anybody({ADMIN}),
    "user": Entry({ADMIN}, {ADMIN}, "get", author_),
    "membership_add": Entry({ADMIN}, {ADMIN}, "post", author_),
    "membership_end": Entry({ADMIN}, {ADMIN}, "get", membership_),
    "user_invite": Entry({ADMIN}, {ADMIN}, "post", author_),
    "user_disable": Entry({ADMIN}, {ADMIN}, "post", author_),
    "user_enable": Entry({ADMIN}, {ADMIN}, "post", author_),
    "units": anybody({ADMIN}),
    "unit_new": anybody({ADMIN}),
    "unit_edit": Entry({ADMIN}, {ADMIN}, "get", unit_),
    "unit_merge": Entry({ADMIN}, {ADMIN}, "get", unit_),
    "unit_confirm": Entry({ADMIN}, {ADMIN}, "post", unit_),
    "filings:hand_over": of_filing({OPERATOR}, set()),
    "regulation": anybody(PUBLIC),
    "help": anybody(PUBLIC),
    "health": anybody(PUBLIC),
    "notices": anybody(EVERYBODY),
    "notices_read": anybody(EVERYBODY, "post"),
    "notice_open": Entry(set(), set(), "post", lambda world, own: {"pk": world.notice.pk}),
    "accounts:list": anybody(EVERYBODY),
    "accounts:detail": Entry(EVERYBODY, SEEN | {ADMIN}, "get", account_),
    "accounts:people": Entry(EVERYBODY, SEEN | {ADMIN}, "get", account_),
    "accounts:name_custodian": Entry({OPERATOR}, set(), "post", account_),
    "accounts:leave_custodian": Entry({OPERATOR}, set(), "post", account_),
    "accounts:outsourcing": Entry({OPERATOR}, set(), "post", account_),
    "accounts:outsourcing_end": Entry({OPERATOR}, set(), "post", account_),
    "accounts:quarter": anybody({OPERATOR}),
    "accounts:quarter_confirm": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.filings[own].unit_id}),
    "accounts:quarter_overview": anybody(READERS),
    "accounts:quarter_urge": Entry(OFFICE, OFFICE, "post", lambda world, own: {"pk": world.filings[own].unit_id}),
    "accounts:confirmation": Entry(READERS, SEEN, "get", confirmed),
    "accounts:void": Entry({SUPERVISOR}, {SUPERVISOR}, "post", account_),
    "accounts:thresholds": anybody({SUPERVISOR}),
    "accounts:threshold_take_back": anybody({SUPERVISOR}, "post"),
    "accounts:sightings": anybody(OFFICE),
    "accounts:sighting_new": anybody(OFFICE),
    "accounts:sighting": Entry(OFFICE, OFFICE, kwargs=lambda world, own: {"pk": sighted(world)}),
    "accounts:sighting_compare": anybody(OFFICE, "post"),
    "accounts:sighting_list": anybody(OFFICE),
    "accounts:sighting_sheet": Entry(OFFICE, OFFICE, kwargs=lambda world, own: sightings_listed(world)),
    "accounts:sighting_discard": Entry(OFFICE, OFFICE, "post", lambda world, own: sightings_listed(world)),
    "accounts:waive": Entry({SUPERVISOR}, {SUPERVISOR}, "post", lambda world, own: {"pk": world.flags[own]}),
    "accounts:import": anybody(OFFICE),
    "accounts:export": anybody(EVERYBODY),
    "accounts:filters": anybody(EVERYBODY),
    "accounts:filter_delete": Entry(set(), set(), "post", lambda world, own: {"pk": 0}),  # each person's own
    "accounts:import_result": Entry(OFFICE, OFFICE, "get", lambda world, own: {"job_id": world.job.pk}),
    "accounts:import_discard": Entry(OFFICE, OFFICE, "post", lambda world, own: {"job_id": world.job.pk}),
    "accounts:import_refused": Entry(OFFICE, OFFICE, "get", lambda world, own: {"job_id": world.job.pk}),
    "job": Entry(OFFICE | {ADMIN}, OFFICE | {ADMIN}, "get", lambda world, own: {"pk": world.job.pk}),
    "job_file": Entry(OFFICE, OFFICE, "get", lambda world, own: activity_imported(world)),
    "job_stop": Entry(OFFICE, OFFICE, "post", lambda world, own: {"pk": world.job.pk}),
    "job_again": Entry(set(), set(), "post", lambda world, own: {"pk": world.job.pk}),
    "runs": anybody(OFFICE | {ADMIN}),
    "flags": anybody(READERS),
    "events": anybody({AUDITOR, ADMIN}),
    "events_check": anybody({AUDITOR, ADMIN}, "post"),
    "events_close": Entry({AUDITOR, ADMIN}, {AUDITOR, ADMIN}, "post", lambda world, own: a_check()),
    "events_checked": Entry({AUDITOR, ADMIN}, {AUDITOR, ADMIN}, kwargs=lambda world, own: a_check()),
    "events_export": anybody({AUDITOR, ADMIN}, "post"),
    "flags_export": anybody(READERS),
    "flags_waive": Entry({SUPERVISOR}, {SUPERVISOR}, "get", data=lambda world, own: {"flag": world.flags[own]}),
    "accounts:record": anybody({OPERATOR}),
    "accounts:activity_import": anybody({OPERATOR} | OFFICE),
    "accounts:activity_import_result": Entry(OFFICE, OFFICE, kwargs=lambda world, own: activity_imported(world)),
    "accounts:activity_sample": Entry(
        {OPERATOR} | OFFICE, {OPERATOR} | OFFICE, "get", lambda world, own: {"kind": "messages"}
    ),
    "accounts:confirm_all": anybody({OPERATOR}, "post"),
    "accounts:activity": Entry(READERS, SEEN, "get", account_),
    "accounts:confirm": Entry({OPERATOR}, set(), "post", account_),
    "accounts:publish": Entry({OPERATOR}, set(), "get", account_),
    "accounts:ask": Entry({OPERATOR}, set(), "get", account_),
    "accounts:remove": Entry({OPERATOR}, set(), "get", lambda world, own: {"pk": world.posts[own]}),
    "accounts:restore": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.posts[own]}),
    "accounts:message": Entry(READERS, SEEN, "get", lambda world, own: {"pk": world.questions[own]}),
    "accounts:reply": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.questions[own]}),
    "accounts:unreply": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.questions[own]}),
    "accounts:reclassify": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.questions[own]}),
    "accounts:withdraw_message": Entry({OPERATOR}, set(), "post", lambda world, own: {"pk": world.questions[own]}),
    "unit": Entry(EVERYBODY, SEEN | {ADMIN}, "get", lambda world, own: {"pk": world.filings[own].unit_id}),
    "filings:of_account": Entry(READERS, SEEN, "get", account_),
    "filings:merge": Entry({SUPERVISOR}, {SUPERVISOR}, "get", account_),
    "inspections:of_account": Entry(READERS, SEEN, "get", account_),
    "inspections:orders": anybody(READERS),
    "inspections:order": Entry(READERS, SEEN, "get", order_),
    "inspections:order_proof": Entry(READERS, SEEN, "get", order_),
    "inspections:order_prove": Entry({OPERATOR}, set(), "post", order_),
    "inspections:order_send_back": Entry({SUPERVISOR}, {SUPERVISOR}, "post", order_),
    "inspections:order_execute": Entry({SUPERVISOR}, {SUPERVISOR}, "post", order_),
    "inspections:order_revoke": Entry({SUPERVISOR}, {SUPERVISOR}, "post", order_),
    "inspections:issue_order": Entry({SUPERVISOR}, {SUPERVISOR}, "get", account_),
    "inspections:report_lost": Entry({OPERATOR}, set(), "get", account_),
    "inspections:declare_lost": Entry({SUPERVISOR}, {SUPERVISOR}, "get", account_),
    "inspections:dismiss_lost": Entry({SUPERVISOR}, {SUPERVISOR}, "post", account_),
    "inspections:recover": Entry({SUPERVISOR}, {SUPERVISOR}, "get", account_),
    "filings:list": anybody(READERS),
    "filings:new": anybody({OPERATOR}),
    "filings:open": Entry({OPERATOR}, set(), "post", data=lambda world, own: {"unit": world.filings[own].unit_id}),
    "filings:open_kind": Entry(
        {OPERATOR},
        set(),
        "post",
        lambda world, own: {"kind": "change"},
        lambda world, own: {"account": world.accounts[own].pk},
    ),
    "filings:preapprovals": anybody(READERS),
    "filings:preapproval_new": anybody({OPERATOR}),
    "filings:preapproval_retain": Entry({OPERATOR}, set(), "get", account_),
    "filings:preapproval": Entry(READERS, SEEN, "get", preapproval_),
    "filings:preapproval_decide": Entry({SUPERVISOR}, {SUPERVISOR}, "post", preapproval_),
    "filings:preapproval_open": Entry({OPERATOR}, set(), "post", preapproval_),
    "filings:preapproval_paper": Entry(READERS, SEEN, "get", preapproval_),
    "filings:announcements": anybody(PUBLIC),
    "filings:announcements_feed": anybody(PUBLIC),
    "search": anybody(EVERYBODY),
    "filings:public_announcement": Entry(PUBLIC, PUBLIC, "get", announced),
    "filings:announcement": Entry({OPERATOR}, set(), "get", closing_),
    "filings:questions": Entry({OPERATOR}, set(), "get", closing_),
    "filings:receive": anybody({OPERATOR}),
    "filings:object": of_filing({OPERATOR, LEADER}, set()),
    "filings:detail": of_filing(READERS, SEEN),
    "filings:edit": of_filing({OPERATOR}, set(), step="basics"),
    "filings:save": of_filing({OPERATOR}, set(), "post"),
    "filings:rules": Entry({OPERATOR}, set(), kwargs=lambda world, own: {"pk": world.drafts[own].pk, "step": "basics"}),
    "filings:submit": of_filing({OPERATOR}, set(), "post"),
    "filings:recall": of_filing({OPERATOR}, set(), "post"),
    "filings:reopen": of_filing({OPERATOR}, set(), "post"),
    "filings:report": of_filing({OPERATOR}, set(), "post"),
    "filings:withdraw": of_filing({OPERATOR}, set(), "post"),
    "filings:supplement": of_filing({OPERATOR} | OFFICE, OFFICE, "post"),
    "filings:record_paper": of_filing({OPERATOR}, set(), "post"),
    "filings:correct_paper": of_filing({OPERATOR}, set(), "post"),
    "filings:approve": of_filing({LEADER}, set()),
    "filings:attachment": Entry(READERS, SEEN, "get", lambda world, own: {"pk": world.attachments[own]}),
    "filings:paper_scan": of_filing(READERS, SEEN),
    "filings:print": of_filing(READERS, SEEN),
    "filings:word": of_filing(READERS, SEEN),
    "filings:templates": anybody(OFFICE),
    "filings:template_upload": anybody(OFFICE, "post"),
    "filings:template_built_in": Entry(OFFICE, OFFICE, kwargs=lambda world, own: {"form": "opening"}),
    "filings:template": Entry(OFFICE, OFFICE, kwargs=template_),
    "filings:template_file": Entry(OFFICE, OFFICE, kwargs=template_),
    "filings:template_preview": Entry(OFFICE, OFFICE, kwargs=template_),
    "filings:template_adopt": Entry(OFFICE, OFFICE, "post", template_),
    "filings:template_retire": Entry(OFFICE, OFFICE, "post", template_),
    "filings:exchange": anybody(OFFICE),
    "filings:export": Entry(OFFICE, OFFICE, "post", lambda world, own: {"system": "national"}),
    "filings:exports": anybody(OFFICE),
    "filings:export_batch": Entry(OFFICE, OFFICE, "get", exported_),
    "filings:export_file": Entry(OFFICE, OFFICE, "post", exported_),
    "filings:export_job": Entry(OFFICE, OFFICE, "get", export_job_),
    "filings:export_request_drop": Entry(OFFICE, OFFICE, "post", asked_for),
    "filings:export_layout": Entry(OFFICE, OFFICE, "get", lambda world, own: {"system": "national"}),
    "filings:receipt": anybody(OFFICE, "post"),
    "filings:receipts_upload": anybody(OFFICE, "post"),
    "filings:receipts_paste": anybody(OFFICE, "post"),
    "filings:receipts_sample": anybody(OFFICE),
    "filings:receipts": Entry(OFFICE, OFFICE, "get", receipts_),
    "filings:receipts_rejected": Entry(OFFICE, OFFICE, "get", receipts_),
    "filings:reconcile": anybody(OFFICE),
    "filings:reconcile_job": Entry(OFFICE, OFFICE, kwargs=reconciled_job),
    "filings:reconcile_discard": Entry(OFFICE, OFFICE, "post", reconciled_job),
    "filings:reconcile_run": Entry(OFFICE, OFFICE, kwargs=reconciled_),
    "filings:reconcile_again": Entry(OFFICE, OFFICE, "post", reconciled_),
    "filings:reconcile_workbook": Entry(OFFICE, OFFICE, kwargs=reconciled_),
    "filings:reconcile_export": Entry(OFFICE, OFFICE, "post", reconciled_line),
    "filings:reconcile_drop": Entry(OFFICE, OFFICE, "post", reconciled_line),
    "filings:reconcile_ask": Entry(OFFICE, OFFICE, "post", reconciled_line),
    "filings:reconcile_note": Entry(OFFICE, OFFICE, "post", reconciled_line),
    "filings:calendar": anybody(EVERYBODY),
    "filings:calendar_confirm": anybody({ADMIN}, "post"),
    "filings:complete": of_filing(OFFICE, OFFICE, "post"),
    "filings:decide": of_filing(OFFICE, OFFICE, "post"),
    "filings:check_paper": of_filing(OFFICE, OFFICE, "post"),
    "filings:not_occurred": of_filing(OFFICE, OFFICE, "post"),
    "filings:urge": of_filing(OFFICE, OFFICE, "post"),
    "filings:bulk": anybody(OFFICE, "post"),
    "filings:bulk_result": Entry(OFFICE, OFFICE, kwargs=lambda world, own: bulk_(world)),
    "filings:unaccept": of_filing({SUPERVISOR}, {SUPERVISOR}, "post"),
}
# What an area of its own has: they import the words above.
for _path in sorted(Path(__file__).parent.glob("walk_*.py")):
    PAGES |= import_module(f"tests.portal.{_path.stem}").PAGES


@pytest.fixture
def world() -> World:
    """A unit under a parent with its people, another unit, and an object of each kind in both."""
    own, foreign = Cast(unit(parent=unit())), Cast()
    filings, drafts, accounts, attachments, flags = {}, {}, {}, {}, {}
    posts, questions = {}, {}
    for mine, cast in ((True, own), (False, foreign)):
        row = opening("office_review", cast, paper=NOW.date())
        file = files.store(ContentFile(PDF + str(mine).encode()))
        attached = reporting.attach(row.pk, by=cast.operator, file=file, name="说明.pdf", now=NOW)
        filings[mine], attachments[mine], drafts[mine] = row, attached.pk, opening("draft", cast)
        accounts[mine] = account(cast.unit, found=True, platform=platform("weibo"))
        recorded: dict[str, Any] = {"by": cast.operator, "now": NOW}
        posts[mine] = activity.publish(accounts[mine].pk, published_at=NOW, **recorded).pk
        questions[mine] = activity.ask(accounts[mine].pk, asked_at=NOW, **recorded).pk
    sweep.sweep(db_now())
    for mine in (True, False):
        flags[mine] = Flag.objects.get(fact_kind="account", fact_id=accounts[mine].pk).pk
    notice = Notice.objects.create(user=user(), key="test", text="别人的通知", at=NOW)
    table = "备案编号,系统,结果,日期\nZLXMT-1999-0001,全国,已备案,2026-11-24\n".encode()
    submit_receipts(table, name="回执.csv", by=own.officer, now=db_now())
    assert run_next(KINDS)
    return World(filings, drafts, accounts, attachments, notice, imported(own.officer), flags, posts, questions)


def imported(officer: User) -> Job:
    """The run of a real list, uploaded by an officer."""
    client = Client()
    client.force_login(officer)
    with LIST.open("rb") as file:
        client.post("/accounts/import/", {"file": file, "ground": "baseline", "document": "示例文件"})
    return Job.objects.get(kind="import_registry")


def a_check() -> dict[str, object]:
    """A check of the history that ended."""
    result = {"read": 1, "seq": 1, "hash": "0" * 64, "kept": [], "faults": 0, "lines": []}
    fields = {"state": "done", "created_at": NOW, "finished_at": NOW, "result": result}
    return {"pk": Job.objects.get_or_create(kind="verify_events", defaults=fields)[0].pk}


def activity_imported(world: World) -> dict[str, object]:
    """The run of an officer's file of activity."""
    taken = {"kind": "publications", "held": [], "held_count": 0, "known_until": None, "read": 1, "created": 1}
    result = {**taken, "changed": 0, "unchanged": 0, "refused": 0, "silent": 0}
    fields = {"state": "done", "by": world.job.by, "created_at": NOW, "source_name": "数据.csv", "result": result}
    fields["file"] = files.keep(PDF, files.PDF)
    return {"pk": Job.objects.get_or_create(kind="import_activity", defaults=fields)[0].pk}


def sighted(world: World) -> int:
    """Something seen that is no account of the district."""
    facts = {"name": "示例探店", "name_key": "示例探店", "look_key": "示例探店", "verdict": "not_government"}
    facts |= {"source": "平台检索", "found_at": NOW, "at": NOW, "by": world.job.by}
    return Sighting.objects.get_or_create(platform=platform("douyin"), uid="walk", defaults=facts)[0].pk


def sightings_listed(world: World) -> dict[str, object]:
    """A list of what was seen that waits to be decided."""
    params = {"source": "平台检索", "found_on": "2026-11-24", "rows": [[2, {"platform": "抖音", "name": "示例"}]]}
    fields = {"state": "prepared", "by": world.job.by, "created_at": NOW, "params": params}
    fields["result"] = {"file": "清单.csv", "read": 1}
    return {"pk": Job.objects.get_or_create(kind="sightings", defaults=fields)[0].pk}


@pytest.fixture
def people(world: World) -> dict[str, Client]:
    """A signed-in client for each role, of the own unit where the role is one of a unit."""
    own = world.filings[True].unit
    assert own.parent is not None
    of = {OPERATOR: own, LEADER: own, PARENT: own.parent}
    clients = {ANONYMOUS: Client()}
    for role in Role.values:
        clients[role] = Client()
        clients[role].force_login(user(role, of.get(role)))
    return clients


def asked(client: Client, method: str, url: str, data: dict[str, object] | None = None) -> Any:
    """The answer; a file is read to its end, which closes it: `close()` would end the test's connection as well."""
    answer = getattr(client, method)(url, data)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def opened(client: Client, method: str, url: str, data: dict[str, object]) -> bool:
    """Whether the door opened: not refused, not hidden, not sent to sign in."""
    answer = asked(client, method, url, data)
    assert answer.status_code < 500, url
    sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/login/?next=")
    return not (sent_to_sign_in or answer.status_code in (401, 403, 404))


def test_every_address_has_an_entry_and_every_entry_an_address() -> None:
    assert set(addresses()) - {"styleguide"} == set(PAGES)
    assert [name for name, entry in PAGES.items() if entry.names_nothing and entry.own != entry.foreign] == []


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
def test_who_may(own: bool, world: World, people: dict[str, Client]) -> None:
    wrong = {}
    for name, entry in sorted(PAGES.items(), key=lambda page: page[0] == "logout"):  # last: it ends the sessions
        if entry.names_nothing and not own:
            continue  # the same addresses as with `own`
        url, data = reverse(name, kwargs=entry.kwargs(world, own)), entry.data(world, own)
        with transaction.atomic():
            may = {who for who, client in people.items() if opened(client, entry.method, url, data)}
            transaction.set_rollback(True)  # what one role did must not stand in the way of the next address
        right = entry.own if own else entry.foreign
        if may != right:
            wrong[name] = {"too many": may - right, "too few": right - may}
    assert wrong == {}


def test_what_changes_something_is_not_done_by_a_link(world: World, people: dict[str, Client]) -> None:
    before = {f.pk: f.state for f in Filing.objects.all()}
    for name in [name for name, entry in PAGES.items() if entry.method == "post"]:
        url = reverse(name, kwargs=PAGES[name].kwargs(world, True))
        for client in people.values():
            answer = asked(client, "get", url)
            assert answer.status_code in (200, 302, 401, 403, 404) or name == "logout", url
    assert {f.pk: f.state for f in Filing.objects.all()} == before


def test_a_view_that_says_nothing_is_refused() -> None:
    def view(request: object) -> None:
        raise AssertionError("it must never run")

    with pytest.raises(PermissionDenied):
        DefaultDenyMiddleware(lambda request: None).process_view(HttpRequest(), view, (), {})  # type: ignore[arg-type,return-value]


def test_a_person_without_a_membership_gets_no_further_than_the_door() -> None:
    client = Client()
    client.force_login(user())
    assert client.get("/").status_code == 403
    assert client.get("/accounts/").status_code == 403


def test_a_membership_that_ended_opens_nothing(world: World) -> None:
    person = user(Role.OPERATOR, world.filings[True].unit)
    person.memberships.update(to_date="2026-01-31")
    client = Client()
    client.force_login(person)
    assert client.get(f"/filings/{world.filings[True].pk}/").status_code in (403, 404)


def test_a_disabled_person_is_signed_out_at_once(world: World) -> None:
    person = user(Role.OFFICER)
    client = Client()
    client.force_login(person)
    assert client.get("/").status_code == 200
    person.is_active = False
    person.session_epoch += 1
    person.save()
    assert client.get("/").status_code == 302
    person.is_active = True
    person.save()
    assert client.get("/").status_code == 302  # the old session stays dead
