"""In-app notices: exactly once for a user and a key, in the transaction of their cause."""

from collections.abc import Iterable
from datetime import datetime

from .models import Notice, User

WIDTH: int = Notice._meta.get_field("text").max_length or 300


def tell(users: Iterable[User], *, key: str, text: str, link: str, now: datetime) -> None:
    """Leave `text` for each of `users`; the same `key` never reaches a user twice."""
    leave(Notice(user=user, key=key, text=text, link=link, at=now) for user in users)


def leave(notices: Iterable[Notice]) -> None:
    """Leave notices of several causes at once, by the same rule."""
    rows = list(notices)
    for row in rows:  # what a person typed may bring the full stop that the sentence has
        row.text = row.text.replace("。。", "。")
        if len(row.text) > WIDTH:  # a long reason stands whole where the link leads
            row.text = f"{row.text[: WIDTH - 1]}…"
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


def read(user: User, *, key: str, now: datetime) -> None:
    """The notice `key` of `user`, if there is one, is read at `now`, where it was not yet."""
    unread = Notice.objects.filter(user=user, key=key, read_at__isnull=True)
    if unread.exists():  # an UPDATE of nothing takes SQLite's write lock as well
        unread.update(read_at=now)
