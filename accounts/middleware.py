"""What holds for every page: a view that does not say who may see it is seen by nobody; a refusal is told."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhonglou_media.core.answers import status_of
from zhonglou_media.core.errors import Refused

ACTING_AS = "acting_as"  # in the session: the membership chosen on top of the page


class SwitchMiddleware:
    """Puts the membership that was chosen on top of the page on the person, before any view asks what they may do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.session.get(ACTING_AS)
        if chosen is not None and request.user.is_authenticated:
            request.user.acting_as = chosen
        return self.get_response(request)


class DefaultDenyMiddleware:
    """Refuses each view that carries neither `@may` nor `@public` (`accounts.access`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "allowed_to", None):
            raise PermissionDenied("这个页面没有说明谁可以查看，已按规定拒绝。")
        return None


class RefusalMiddleware:
    """A refusal that its view did not expect becomes a page with its sentence and status, never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        status = status_of(exception)
        context = {
            "base": "base.html" if request.user.is_authenticated else "base_public.html",
            "sentence": str(exception).rstrip("。"),
            "difference": getattr(exception, "difference", []),
            "code": status,
        }
        return render(request, "refused.html", context, status=status)
