"""Addresses of rectifications and vetoes; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import rectifications

urlpatterns: list[URLPattern] = [
    path("rectifications/", rectifications.board, name="rectifications"),
    path("rectifications/<int:pk>/", rectifications.detail, name="rectification"),
]
