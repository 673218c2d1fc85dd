"""Addresses of the year pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import years

urlpatterns: list[URLPattern] = [
    path("years/", years.years, name="years"),
    path("years/<int:number>/", years.year, name="year"),
    path("years/<int:number>/units/<int:pk>/", years.unit, name="year_unit"),
    path("years/<int:number>/recompute/", years.recompute, name="year_recompute"),
    path("years/<int:number>/weights/", years.weigh, name="year_weigh"),
    path("years/<int:number>/paragraph/", years.paragraph, name="year_paragraph"),
    path("years/<int:number>/freeze/", years.freeze, name="year_freeze"),
    path("years/<int:number>/export/", years.export, name="year_export"),
]
