"""Who stands behind the reverse proxy: the lock of the sign-in counts failures by name and address."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer's address; when the peer is `TRUSTED_PROXY`, the last of X-Forwarded-For, which that proxy wrote.

    Earlier entries, and the whole header from anybody else, are the sender's own claim.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXY or peer != settings.TRUSTED_PROXY:
        return peer
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(told))
    except ValueError:
        return peer
