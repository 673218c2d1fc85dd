"""Addresses of the check pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import check_sharing, checks, draws

urlpatterns: list[URLPattern] = [
    path("checks/", checks.list_, name="checks"),
    path("checks/draft/", checks.draft, name="check_draft"),
    path("checks/of/<int:pk>/", checks.of, name="check_of"),
    path("checks/sheets/<int:pk>/checker/", check_sharing.checker, name="check_checker"),
    path("checks/<slug:month>/", checks.month, name="check"),
    path("checks/<slug:month>/results.xlsx", checks.export, name="check_export"),
    path("checks/<slug:month>/confirm/", checks.confirm, name="check_confirm"),
    path("checks/<slug:month>/redraw/", checks.redraw, name="check_redraw"),
    path("checks/<slug:month>/add/", check_sharing.add, name="check_add"),
    path("checks/<slug:month>/share/", check_sharing.share, name="check_share"),
    path("checks/<slug:month>/close/", checks.close, name="check_close"),
    path("draws/rule/", draws.rule, name="draw_rule"),
    path("draws/draw_again.py", draws.program, name="draw_program"),
    path("draws/<slug:month>/", draws.draw, name="draw"),
    path("draws/<slug:month>/draw.json", draws.file, name="draw_file"),
]
