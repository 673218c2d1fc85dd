"""The feed of public announcements (Atom): what their pages say, for readers and for the units' own sites."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib.syndication.views import Feed
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from accounts.access import public
from filings import announcing
from filings.models import Announcement
from filings.models.filing import DECIDED
from zhonglou_media.core.models import Event

NEWEST = 50
CORRECTED = "本公告已更正，以更正公告为准"
# XML 1.0 knows no other characters; what was pasted may hold some.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Announcements(Feed):
    """The newest announcements; an entry changes when it is corrected or the acceptance behind it is undone."""

    feed_type = Atom1Feed
    language = "zh-CN"
    title = "钟楼区政务新媒体公告"
    subtitle = "账号关停、注销，更名和变更主办单位的公告"
    author_name = "常州市钟楼区人民政府办公室"
    link = reverse_lazy("filings:announcements")

    def items(self) -> list[Announcement]:
        related = ("filing__account", "filing__unit", "corrects", "corrected_by")
        rows = announcing.published().select_related(*related).prefetch_related("filing__account__names")[:NEWEST]
        found = list(rows)
        undone = _undone([row.filing_id for row in found if row.doubt])
        for row in found:
            row.undone_at = undone.get(row.filing_id)  # type: ignore[attr-defined]
        return found

    def item_title(self, item: Any) -> str:
        state = "（已更正）" if item.corrected else f"（{item.doubt}）" if item.doubt else ""
        return _xml(f"{item.title}{state}")

    def item_description(self, item: Any) -> str:
        notes = [f"{said}。" for said in (CORRECTED if item.corrected else "", item.doubt) if said]
        lines = [_xml(line) for line in [*notes, *item.lines]]
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines if line))

    def item_link(self, item: Announcement) -> str:
        return reverse("filings:public_announcement", args=[item.pk])

    def item_guid(self, item: Any) -> str:
        """The same for good, under whatever name the portal is reached: made of what a published one never changes."""
        said = f"{item.pk} {item.published_at.timestamp()} {hashlib.sha256(item.text.encode()).hexdigest()}"
        return f"urn:uuid:{uuid5(NAMESPACE_URL, said)}"

    def item_author_name(self, item: Announcement) -> str:
        return _xml(item.filing.unit.name)

    def item_pubdate(self, item: Any) -> datetime:
        return localtime(item.published_at)

    def item_updateddate(self, item: Any) -> datetime:
        changed = [item.published_at, item.corrected and item.corrected.published_at, item.undone_at]
        return localtime(max(moment for moment in changed if moment))


_feed = Announcements()


@public
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """公告 as an Atom feed; who has it already is told so (304) by its ETag alone: a date would miss what is undone."""
    response = _feed(request)
    del response["Last-Modified"]
    etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _undone(filing_ids: Sequence[int]) -> dict[int, datetime]:
    """When the acceptance of each was undone last; no query where none was."""
    if not filing_ids:
        return {}
    left = Event.objects.filter(subject_kind="filing", subject_id__in=filing_ids, from_state__in=DECIDED)
    rows = left.exclude(to_state__in=DECIDED).order_by().values_list("subject_id")
    return dict(rows.annotate(at=Max("at")))


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)
