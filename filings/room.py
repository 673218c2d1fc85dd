"""How many files a filing takes and how much a unit's may weigh (本区设定), and what of it is left."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from filings.models import Attachment, Filing
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Counter, File
from zhonglou_media.core.settings_at import Settings

MEGABYTE = 1 << 20
MOST = "attachments_per_filing"
NEAR = 0.8  # from here on the pages say what is left


@dataclass(frozen=True)
class Room:
    """What is used, and what may be: files of the filing, bytes of all that its unit ever put up."""

    files: int
    most: int
    used: int
    limit: int

    @property
    def left(self) -> str:
        """What is said near a limit: 「本件已有 17 个附件，还可以放 3 个」; '' while there is plenty."""
        said = []
        if self.files >= NEAR * self.most:
            rest = self.most - self.files
            more = f"还可以放 {rest} 个" if rest > 0 else "不能再放，请先移除不用的"
            said.append(f"本件已有 {self.files} 个附件，{more}")
        if self.used >= NEAR * self.limit:
            used_mb, all_mb = self.used / MEGABYTE, self.limit >> 20
            rest_mb = max(self.limit - self.used, 0) / MEGABYTE
            said.append(f"本单位附件已用 {used_mb:.0f} MB，共 {all_mb} MB，还剩 {rest_mb:.1f} MB")
        return "；".join(said)


def room_of(filing: Filing, *, now: datetime) -> Room:
    """The room of `filing` by the settings of today. A file that was taken out weighs on: revisions may name it."""
    settings, today = Settings.load(), day_of(now)
    there = _files_of(filing)
    return Room(
        files=Attachment.objects.filter(filing=filing, removed_at__isnull=True).count(),
        most=settings.at(MOST, today),
        used=there.aggregate(used=Sum("size"))["used"] or 0,
        limit=settings.at("attachments_unit_mb", today) * MEGABYTE,
    )


def _files_of(filing: Filing) -> QuerySet[File]:
    """What the unit of `filing` ever attached, and the scans of its leader's paper: they lie on the same disk."""
    attached = Attachment.objects.filter(filing__unit=filing.unit_id).values("file")
    scans = Filing.objects.filter(unit=filing.unit_id, paper_scan__isnull=False).values("paper_scan")
    return File.objects.filter(Q(pk__in=attached) | Q(pk__in=scans))


def most_files(*, now: datetime) -> int:
    """How many files a filing takes, by the settings of today."""
    most: int = Settings.load().at(MOST, day_of(now))
    return most


def too_many(most: int) -> str:
    """What is said of a file too many."""
    return f"附件最多{most}个，请先移除不用的。"


def lock_files(unit_id: int) -> None:
    """One upload of a unit at a time, until its transaction ends: what weighs against the limit is every filing's."""
    key = f"attachments-{unit_id}"
    Counter.objects.get_or_create(key=key)
    Counter.objects.select_for_update().get(key=key)


def must_have_room(filing: Filing, *, sm3: str, size: int, now: datetime) -> None:
    """Refuse a file too many, or one that the unit has no room for. Call inside a transaction, before it is kept.

    The filing is locked already; other uploads of the unit wait, so that two at once cannot pass together. What the
    unit has attached before weighs nothing. Raises Refused.
    """
    lock_files(filing.unit_id)
    room = room_of(filing, now=now)
    if room.files >= room.most:
        raise Refused(too_many(room.most))
    if _files_of(filing).filter(sm3=sm3).exists():
        return
    if room.used + size > room.limit:
        raise Refused(
            f"本单位的附件合计最多 {room.limit >> 20} MB，已用 {room.used / MEGABYTE:.0f} MB，放不下这个 "
            f"{size / MEGABYTE:.1f} MB 的文件。请压缩后重试，或请区政府办公室调高“每个单位的附件总量”。"
        )
