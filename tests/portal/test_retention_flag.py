"""What pages say of the flag 未经批准保留 (第九条), and where it leads."""

from datetime import date

import pytest

from accounts.flags import run_rule
from accounts.models import Flag
from accounts.wording import Facts
from filings import preapprovals, preapproving
from filings.rules import RULES
from tests.factories import NOW, at
from tests.filings.asking import asked_to_keep, department, wechat
from zhonglou_media.portal.flag_rows import flag_rows

pytestmark = pytest.mark.django_db
(RULE,) = [rule for rule in RULES if rule.code == "no_retention"]


def test_it_says_what_was_missed_and_leads_to_the_application() -> None:
    cast = department()
    kept = wechat(cast)
    preapprovals.list_retentions(NOW)
    missed = at("2027-02-23 08:00")
    run_rule(RULE, missed)
    (row,) = flag_rows(list(Flag.objects.all()), missed)
    listed = kept.preapprovals.get()
    assert (row.link, row.fact) == (f"/preapprovals/{listed.pk}/", "应于 02-22 24:00 前申请保留")
    assert Facts.of([row.flag], missed).sentence(row.flag) == "应于 02-22 24:00 前经批准保留，或办结关停"

    asked_to_keep(cast, kept, now=missed)
    run_rule(RULE, missed)
    preapproving.refuse(listed.pk, by=cast.supervisor, decision="示例", act_by=date(2027, 3, 1), now=missed)
    over = at("2027-03-02 00:00")
    run_rule(RULE, over)
    said = [(row.fact, row.flag.cleared_at is None) for row in flag_rows(list(Flag.objects.order_by("due_at")), over)]
    assert said == [
        ("应于 02-22 24:00 前申请保留，02-23 08:00 才申请", False),
        ("不予保留，应于 03-01 24:00 前办结关停", True),
    ]
