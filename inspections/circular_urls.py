"""Addresses of the circular pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
