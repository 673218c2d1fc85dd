"""A unit of one person: the operator drafts and reports, its leader signs on paper, the officer ticks (第八条)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Role
from filings.models import Filing
from filings.reading import latest
from tests.factories import PDF, Cast, opening, unit, user
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def signed_and_accepted(pk: int, alone: Client, office: Client, today: str) -> None:
    """Submitted, signed on paper, reported, ticked, accepted, taken by both systems: through the pages."""
    assert "还没有可在线审批的主要领导" in alone.get(f"/filings/{pk}/edit/review/").content.decode()
    page = alone.post(f"/filings/{pk}/submit/", follow=True).content.decode()
    assert "登记书面批准" in page
    assert alone.get(f"/filings/{pk}/approve/").status_code == 403
    paper = {"leader_name": "示例王五", "approved_on": today, "scan": SimpleUploadedFile("签批.pdf", PDF)}
    assert alone.post(f"/filings/{pk}/paper/", paper).status_code == 302
    assert alone.post(f"/filings/{pk}/report/").status_code == 302
    reading = latest(Filing.objects.get(pk=pk))
    read = {"revision": reading.number, "sm3": reading.sm3}
    accept = {f"office-{key}": value for key, value in (read | {"decision": "accept", "comment": ""}).items()}
    refused = office.post(f"/filings/{pk}/decide/", accept)
    assert "请先核对纸质批准件" in refused.content.decode()
    office.post(f"/filings/{pk}/paper/checked/", {f"paper-{key}": value for key, value in read.items()})
    office.post(f"/filings/{pk}/decide/", accept)
    for system in ("national", "provincial"):
        taken = {
            "filing": Filing.objects.get(pk=pk).number,
            "system": system,
            "result": "taken",
            "number": "1",
            "on": today,
        }
        office.post("/filings/exchange/receipt/", {f"receipt-{key}": value for key, value in taken.items()})
    assert Filing.objects.get(pk=pk).state == "completed"


def test_one_operator_opens_an_account_and_closes_it() -> None:
    of = unit()
    alone, office = as_(user(Role.OPERATOR, of)), as_(user(Role.OFFICER))
    today = timezone.localdate().isoformat()
    alone.post("/filings/open/", {"unit": of.pk})
    filing = Filing.objects.get(unit=of)
    edit = f"/filings/{filing.pk}/edit"
    alone.post(f"{edit}/basics/", {"platform": "douyin", "name": "示例单人账号", "uid": "one-1"})
    alone.post(f"{edit}/reasons/", {"purpose": "发布政务信息"})
    signed_and_accepted(filing.pk, alone, office, today)
    row = Account.objects.get(unit=of)
    assert row.state == "active"

    alone.post("/filings/open/close/", {"account": row.pk})
    closing = Filing.objects.get(unit=of, kind="close")
    edit = f"/filings/{closing.pk}/edit"
    alone.post(f"{edit}/basics/", {"mode": "stop", "reasons": ["unable"], "effective_on": today})
    alone.post(f"{edit}/after/", {"disposal": "keep"})
    signed_and_accepted(closing.pk, alone, office, today)
    row.refresh_from_db()
    assert row.state == "closed"
    assert closing.announcements.get().text.startswith("关于抖音账号“示例单人账号”停止更新的公告")


def test_the_filer_signs_nothing_himself() -> None:
    """第八条: a name that is the filer's own is no leader's, however it is spaced."""
    cast = Cast()
    filing = opening("leader_review", cast)
    User.objects.filter(pk=cast.operator.pk).update(name="示例张三")
    data = {"leader_name": "示例 张三", "approved_on": timezone.localdate().isoformat()}
    page = (
        as_(cast.operator)
        .post(f"/filings/{filing.pk}/paper/", data | {"scan": SimpleUploadedFile("签批.pdf", PDF)})
        .content.decode()
    )
    assert "是本件的填报人，不能自己签批（第八条）" in page
    assert Filing.objects.get(pk=filing.pk).state == "leader_review"
