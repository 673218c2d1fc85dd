"""附件: how many a filing takes, how much a unit's may weigh, by the settings of the day; refused before it is kept."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Role
from filings import reporting
from filings.models import Attachment, Filing
from filings.room import MEGABYTE, room_of
from tests.factories import NOW, Cast, opening, scan, unit, user
from tests.uploads import docx, jpeg, ofd, png
from zhonglou_media.core import files
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import File, Setting

pytestmark = pytest.mark.django_db
MOST, WEIGHT = "attachments_per_filing", "attachments_unit_mb"


def set_from(key: str, value: int, *, days: int = 0) -> None:
    Setting.objects.create(key=key, value=value, from_date=day_of(NOW) + timedelta(days=days))


def attach(filing: Filing, content: bytes, name: str = "附件") -> Attachment:
    checked = files.check(io.BytesIO(content), files.ATTACHMENT)
    return reporting.attach(filing.pk, by=filing.cast.operator, file=checked, name=name, now=NOW)  # type: ignore[attr-defined]


def mb(megabytes: float, fill: bytes = b"\x00") -> bytes:
    """A picture that weighs so much."""
    start = png(note=fill)
    return start + b"\x00" * (int(megabytes * MEGABYTE) - len(start))


def kept() -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


@pytest.mark.parametrize(
    ("content", "name", "stands"),
    [
        (png(), "图.png", "图.png"),
        (jpeg(), "../照片.jpeg", "照片.jpeg"),
        (docx(), "制度.docx", "制度.docx"),
        (ofd(), "批复", "批复.ofd"),
        (png(), "章程\u202egnp.exe", "章程gnp.exe.png"),
    ],
)
def test_a_file_is_kept_under_a_name_that_tells_its_type(content: bytes, name: str, stands: str) -> None:
    assert attach(opening(), content, name).name == stands


def test_a_filing_takes_as_many_as_the_setting_of_the_day_says() -> None:
    set_from(MOST, 2)
    set_from(MOST, 9, days=1)
    filing = opening()
    first = attach(filing, png(note=b"1"))
    attach(filing, png(note=b"2"))
    before = File.objects.count(), kept()
    with pytest.raises(Refused, match="附件最多2个，请先移除不用的"):
        attach(filing, png(note=b"3"))
    assert (File.objects.count(), kept()) == before  # a file that is refused is not kept
    reporting.detach(first.pk, by=filing.cast.operator, now=NOW)  # type: ignore[attr-defined]
    attach(filing, png(note=b"3"))


def test_a_units_files_weigh_together_each_once_and_those_taken_out_too() -> None:
    set_from(WEIGHT, 10)
    cast = Cast()
    first, second = opening("draft", cast), opening("to_report", cast)
    attach(first, mb(6))
    attach(second, mb(6))  # the same content weighs once
    attach(first, mb(3.9, b"2"))
    before = File.objects.count(), kept()
    with pytest.raises(Refused, match=r"本单位的附件合计最多 10 MB，已用 10 MB，放不下这个 1\.0 MB 的文件"):
        attach(second, mb(1, b"3"))
    assert (File.objects.count(), kept()) == before
    for gone in first.attachments.all():
        reporting.detach(gone.pk, by=cast.operator, now=NOW)
    with pytest.raises(Refused, match="放不下"):
        attach(first, mb(1, b"3"))
    attach(first, mb(3.9, b"2"))  # what the unit has already
    attach(opening("draft", Cast(unit())), mb(1, b"3"))  # another unit's
    assert room_of(first, now=NOW).used == sum(int(part * MEGABYTE) for part in (6, 3.9))


def test_the_scans_of_paper_weigh_too_each_once() -> None:
    set_from(WEIGHT, 10)
    cast = Cast()
    signed, filing = opening("to_report", cast), opening("draft", cast)
    paper = files.keep(mb(6), files.PNG)
    Filing.objects.filter(pk=signed.pk).update(paper_scan=paper)
    assert room_of(filing, now=NOW).used == 6 * MEGABYTE
    attach(filing, mb(6))  # the same content weighs once
    with pytest.raises(Refused, match="已用 6 MB，放不下"):
        attach(filing, mb(5, b"2"))
    assert room_of(opening("draft", Cast(unit())), now=NOW).used == 0


def test_a_file_is_taken_out_once_and_when_it_was_stays() -> None:
    filing = opening()
    first, second = attach(filing, png(note=b"1"), "一.png"), attach(filing, png(note=b"2"))
    operator = filing.cast.operator  # type: ignore[attr-defined]
    reporting.detach(first.pk, by=operator, now=NOW)
    with pytest.raises(WrongState, match=f"“一.png”已在 {NOW.astimezone(SHANGHAI):%m-%d %H:%M} 移除，没有重复办理"):
        reporting.detach(first.pk, by=operator, now=NOW + timedelta(hours=1))
    assert Attachment.objects.get(pk=first.pk).removed_at == NOW
    assert Attachment.objects.get(pk=second.pk).removed_at is None


def test_a_file_of_just_what_is_left_is_taken() -> None:
    set_from(WEIGHT, 10)
    filing = opening()
    attach(filing, mb(6))
    attach(filing, mb(4, b"2"))
    assert room_of(filing, now=NOW).used == 10 * MEGABYTE


@pytest.mark.parametrize(
    ("files_there", "most", "megabytes", "says"),
    [
        (3, 10, 1, ""),
        (8, 10, 1, "本件已有 8 个附件，还可以放 2 个"),
        (10, 10, 1, "本件已有 10 个附件，不能再放，请先移除不用的"),
        (1, 10, 7.9, ""),
        (1, 10, 8, "本单位附件已用 8 MB，共 10 MB，还剩 2.0 MB"),
        (8, 10, 9.5, "本件已有 8 个附件，还可以放 2 个；本单位附件已用 10 MB，共 10 MB，还剩 0.5 MB"),
    ],
)
def test_what_is_left_is_said_near_a_limit(files_there: int, most: int, megabytes: float, says: str) -> None:
    set_from(MOST, most)
    set_from(WEIGHT, 10)
    filing = opening()
    attach(filing, mb(megabytes))
    same = Attachment.objects.get()
    for _ in range(files_there - 1):
        Attachment.objects.create(filing=filing, file=same.file, name="同.png", added_by=same.added_by, added_at=NOW)
    assert room_of(filing, now=NOW).left == says


def test_who_decided_a_filing_leaves_no_file_behind() -> None:
    filing = opening("office_review")
    colleague = user(Role.OPERATOR, filing.unit)
    Filing.objects.filter(pk=filing.pk).update(officer=colleague)
    before = File.objects.count(), kept()
    checked = files.check(io.BytesIO(png()))
    with pytest.raises(NotAllowed):
        reporting.attach(filing.pk, by=colleague, file=checked, name="图.png", now=NOW)
    assert (File.objects.count(), kept()) == before


def test_a_file_that_is_kept_already_may_be_attached_as_it_is() -> None:
    filing = opening()
    file = scan()
    assert reporting.attach(filing.pk, by=filing.cast.operator, file=file, name="a.pdf", now=NOW).file == file  # type: ignore[attr-defined]
