"""What a person may see, and the two words every view must carry: `@may(...)` or `@public`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from accounts.models import Account, Flag, Role, Unit
from accounts.models.flag import FlagQuerySet
from accounts.models.unit import Scope as UnitScope
from accounts.policy import READERS, Action, Scope, carried_on, could, grants_of, holders
from zhonglou_media.core.models import User

View = Callable[..., HttpResponseBase]


def user_of(request: HttpRequest) -> User:
    """The signed-in person (each view that calls this is behind `@may`)."""
    return cast(User, request.user)


def seen_unit_ids(user: User) -> set[int] | None:
    """Ids of the units whose register and filings `user` reads; None means all of them (arts. 3, 5, 23)."""
    grants = grants_of(user)
    if any(READERS.get(role) == Scope.ALL for role in grants.own):
        return None
    reading = grants.own.keys() & READERS.keys()
    return set().union(*(grants.own[role] | grants.children.get(role, set()) for role in reading))


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


def sees_phones(user: User, unit_id: int) -> bool:
    """Whether the phones of that unit's people are shown: to its own operators and leaders and to the office only.

    Of a unit that was merged away to those of the receiving unit.
    """
    office = bool(grants_of(user).own.keys() & {Role.OFFICER, Role.SUPERVISOR})
    return office or unit_id in carried_on(user, Role.OPERATOR, Role.LEADER)


def visible_flags(user: User) -> FlagQuerySet:
    """Flags, open and ended, of the units whose data `user` reads; guided units (第三条) have none to show."""
    ids = seen_unit_ids(user)
    bound = Flag.objects.filter(unit__scope=UnitScope.BOUND)
    return bound if ids is None else bound.filter(unit__in=ids)


class NotTheirs(PermissionDenied):
    """None of the person's roles opens this page; `whose` says which do."""

    def __init__(self, action: Action) -> None:
        super().__init__(f"您不能{action.label}。")
        reads = action.label.startswith("查")
        self.whose = (
            f"可以{action.label}的有{holders(action)}。" if reads else f"{action.label}由{holders(action)}办理。"
        )


def may(*actions: Action) -> Callable[[View], View]:
    """Only signed-in people who could do one of `actions`; the view itself scopes the object."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            if not could(request.user, *actions):
                raise NotTheirs(actions[0])
            return view(request, *args, **kwargs)

        guarded.allowed_to = frozenset(actions)  # type: ignore[attr-defined]
        return guarded

    return mark


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; htmx is told to leave, so that no fragment is filled with that page."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
    return redirect_to_login(request.get_full_path())


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    view.allowed_to = "public"  # type: ignore[attr-defined]
    return view
