"""Addresses of the indicator pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import indicators

urlpatterns: list[URLPattern] = [
    path("indicators/", indicators.list_, name="indicators"),
    path("indicators/start/", indicators.start, name="indicators_start"),
    path("indicators/<int:pk>/", indicators.detail, name="indicator_set"),
    path("indicators/<int:pk>/edit/", indicators.edit, name="indicator_numbers"),
    path("indicators/<int:pk>/publish/", indicators.publish, name="indicator_publish"),
    path("indicators/<int:pk>/lines/new/", indicators.add, name="indicator_add"),
    path("indicators/<int:pk>/lines/<int:line_id>/", indicators.line, name="indicator_line"),
    path("indicators/<int:pk>/lines/<int:line_id>/remove/", indicators.remove, name="indicator_remove"),
]
