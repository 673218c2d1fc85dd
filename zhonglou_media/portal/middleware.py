"""What every answer of the portal has in common, also while it is developed."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from .views import not_found


class OwnNotFoundMiddleware:
    """The portal's own 404 page also under DEBUG, where Django shows its English one with every address.

    Without DEBUG `handler404` does the same. Stands within CommonMiddleware, which adds a missing slash first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code == 404 and request.resolver_match is None:
            return not_found(request, Http404())  # no view was found: nothing else could have answered
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return not_found(request, exception) if isinstance(exception, Http404) else None
