"""The one place that writes history: `append`, chained with SM3 (GB/T 32905) through one locked head row."""

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models, transaction

from .models import Event, EventHead, User

SYSTEM = "system"


def kind_of(subject: models.Model) -> str:
    """The name an object goes by in the history: its model's name in lower case."""
    return subject._meta.model_name or ""


@cache
def model_of(kind: str) -> type[models.Model] | None:
    """The model whose objects go by that name, None for a kind of run that has none."""
    return next((model for model in apps.get_models() if model._meta.model_name == kind), None)


def append(
    subject: models.Model | str,
    verb: str,
    *,
    by: User | None,
    role: str,
    at: datetime,
    from_state: str = "",
    to_state: str = "",
    revision: int | None = None,
    digest: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    """Append one event about `subject` (an object, or the kind of a run that has none) and return it.

    Call it last in the transaction: it locks the chain's head until the commit. `by` is None for 系统.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("events.append belongs into the transaction of its cause")
    head = EventHead.objects.select_for_update().get(pk=1)
    event = Event(
        seq=head.seq + 1,
        at=at,
        actor=by,
        role=role,
        subject_kind=subject if isinstance(subject, str) else kind_of(subject),
        subject_id=None if isinstance(subject, str) else subject.pk,
        verb=verb,
        from_state=from_state,
        to_state=to_state,
        revision=revision,
        digest=digest,
        comment=comment,
        detail=detail or {},
        prev=head.hash,
    )
    event.hash = digest_of(event)
    event.save(force_insert=True)
    head.seq, head.hash = event.seq, event.hash
    head.save()
    return event


def digest_of(event: Event) -> str:
    """SM3 over the previous hash and everything the event says (time as UTC with microseconds)."""
    content = [
        event.prev,
        event.seq,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor_id,
        event.role,
        event.subject_kind,
        event.subject_id,
        event.verb,
        event.from_state,
        event.to_state,
        event.revision,
        event.digest,
        event.comment,
        event.detail,
    ]
    return sm3(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def sm3(text: str | bytes) -> str:
    """Hex SM3 digest of UTF-8 text or bytes."""
    return hashlib.new("sm3", text.encode() if isinstance(text, str) else text).hexdigest()


def timeline(subject: models.Model) -> models.QuerySet[Event]:
    """All events of one object, oldest first, with their actors."""
    return Event.objects.filter(subject_kind=kind_of(subject), subject_id=subject.pk).select_related("actor")
