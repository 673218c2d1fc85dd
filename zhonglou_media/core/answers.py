"""From a refusal of a use case to the HTTP status that says why: one place for every app."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from .errors import NotAllowed, Refused, StaleReading, WrongState


def status_of(refused: Refused) -> int:
    """403 not yours to do, 409 somebody was first or it has moved on, 422 what was typed does not do."""
    if isinstance(refused, NotAllowed):
        return 403
    if isinstance(refused, WrongState | StaleReading):
        return 409
    return 422


def back_to(request: HttpRequest, otherwise: str = "") -> str:
    """The page that the request names as `next`, where that is one of ours; else `otherwise`."""
    asked = request.POST.get("next", request.GET.get("next", ""))
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}) else otherwise


View = Callable[..., HttpResponseBase]


def post_only(page: str, *named: str) -> Callable[[View], View]:
    """Only POST acts; whoever comes by GET (a bookmark, back from signing in) is led to the `page` with the button.

    `page` is the URL name of that page, `named` the view's own arguments that it takes. Stands under `@may`. Marks
    the view `post_only`, so that acts can be told from pages.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["POST"])
            answer: HttpResponseBase = redirect(page, **{name: kwargs[name] for name in named})
            return answer

        guarded.post_only = True  # type: ignore[attr-defined]
        return guarded

    return mark
