"""The portal of one district's official new-media accounts."""

from .celery import app as celery_app

__all__ = ("celery_app",)
