"""What a person may see, and the two words every view must carry: `@may(...)` or `@public`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import Account, Role, Unit
from accounts.policy import READERS, Action, Scope, could, grants_of
from zhonglou_media.core.models import User

View = Callable[..., HttpResponse]


def seen_unit_ids(user: User) -> set[int] | None:
    """Ids of the units whose register and filings `user` reads; None means all of them (arts. 3, 5, 23)."""
    grants = grants_of(user)
    if any(READERS.get(role) == Scope.ALL for role in grants.own):
        return None
    return {unit for role, units in grants.own.items() if role in READERS for unit in units} | grants.children


def visible_units(user: User) -> QuerySet[Unit]:
    """Units whose data `user` may read."""
    ids = seen_unit_ids(user)
    if ids is None or Role.ADMIN in grants_of(user).own:
        return Unit.objects.all()
    return Unit.objects.filter(id__in=ids)


def visible_accounts(user: User) -> QuerySet[Account]:
    """Accounts `user` may read."""
    ids = seen_unit_ids(user)
    if ids is None or Role.ADMIN in grants_of(user).own:
        return Account.objects.all()
    return Account.objects.filter(unit_id__in=ids)


def may(*actions: Action) -> Callable[[View], View]:
    """Only signed-in people who could do one of `actions`; the view itself scopes the object."""

    def mark(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not could(cast(User, request.user), *actions):
                raise PermissionDenied(f"您不能{actions[0].label}。")
            return view(request, *args, **kwargs)

        guarded.allowed_to = frozenset(actions)  # type: ignore[attr-defined]
        return guarded

    return mark


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    view.allowed_to = "public"  # type: ignore[attr-defined]
    return view
