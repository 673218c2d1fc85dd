"""Addresses of the dashboard pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import dashboard, figure

urlpatterns: list[URLPattern] = [
    path("dashboard/", dashboard.district, name="dashboard"),
    path("dashboard/<str:code>/<str:key>/", figure.rows, name="figure"),
    path("units/<int:pk>/dashboard/", dashboard.of_unit, name="unit_dashboard"),
]
