"""Default-deny: a view that does not say who may see it is seen by nobody."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


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
