"""Publications that an operator records by hand, and their removal (第十四条)."""

from datetime import datetime

from django.db import transaction

from accounts import activity_days, due_times
from accounts.models import Account, Publication
from accounts.models.activity import Source
from accounts.recorded import (
    TWICE,
    begin,
    in_words,
    same_tap,
    sent_before,
    typed_id,
    typed_within,
    was_first,
    within,
    wrong,
)
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import WrongState
from zhonglou_media.core.models import User


@transaction.atomic
def publish(
    account_id: int,
    *,
    title: str = "",
    url: str = "",
    published_at: datetime,
    original: bool = False,
    reviewers: str = "",
    by: User,
    now: datetime,
    token: str = "",
) -> Publication:
    """登记一条发布: the account is known until then (only forward), its due time follows.

    WrongState when the same title was typed for this minute before, on another form or by a colleague.
    """
    account, role = begin(account_id, by=by)
    within("published_at", "发布时间", published_at, now)
    wanted = {"title": title, "url": url, "original": original, "reviewers": reviewers}
    sent = sent_before(Publication.objects.filter(account=account), token)
    for row in sent:
        if same_tap(row, wanted, row.published_at, published_at):
            return row
    alike = account.publications.filter(
        removed_at__isnull=True, title=title, **typed_within("published_at", published_at)
    )
    if alike.exists():
        raise WrongState(TWICE)
    publication = Publication.objects.create(
        account=account,
        external_id=typed_id(token, len(sent)),
        published_at=published_at,
        source=Source.TYPED,
        **wanted,
    )
    if account.posts_known_until is None or account.posts_known_until < published_at:
        Account.objects.filter(pk=account_id).update(posts_known_until=published_at)
    _count_posts(publication)
    detail = {"account": account_id, "published_at": published_at.isoformat()}
    events.append(publication, "publish", by=by, role=role, at=now, comment=title, detail=detail)
    return publication


@transaction.atomic
def remove(publication_id: int, *, removed_at: datetime | None = None, by: User, now: datetime) -> Publication:
    """登记删除: it stays as a tombstone, and the due time may move back. WrongState when it was removed before."""
    publication, role = _publication(publication_id, by=by)
    if publication.removed_at is not None:
        was_first("这条发布已登记删除", publication, "remove")
    when = removed_at or now
    if when < publication.published_at:
        raise wrong("removed_at", f"删除时间不能早于发布时间（{in_words(publication.published_at)}）。")
    within("removed_at", "删除时间", when, now)
    publication.removed_at = when
    publication.save(update_fields=["removed_at"])
    _count_posts(publication)
    detail = {"account": publication.account_id, "removed_at": when.isoformat()}
    events.append(publication, "remove", by=by, role=role, at=now, comment=publication.title, detail=detail)
    return publication


@transaction.atomic
def restore(publication_id: int, *, by: User, now: datetime) -> Publication:
    """恢复: it was not removed, or is published again; it counts as before. WrongState when it stands already."""
    publication, role = _publication(publication_id, by=by)
    if publication.removed_at is None:
        was_first("这条发布没有登记删除，不用恢复", publication, "restore")
    publication.removed_at = None
    publication.save(update_fields=["removed_at"])
    _count_posts(publication)
    detail = {"account": publication.account_id}
    events.append(publication, "restore", by=by, role=role, at=now, comment=publication.title, detail=detail)
    return publication


def _publication(publication_id: int, *, by: User) -> tuple[Publication, str]:
    """The publication as it stands under the lock of its account."""
    account, role = begin(Publication.objects.values_list("account", flat=True).get(pk=publication_id), by=by)
    return Publication.objects.get(pk=publication_id, account=account), role


def _count_posts(publication: Publication) -> None:
    day = day_of(publication.published_at)
    due_times.recompute([publication.account_id])
    activity_days.recount_posts([publication.account_id], day, day)
