"""Addresses of check sheets and self-checks; joined in `inspections/urls.py` before those of the checks."""

from django.urls import path

from inspections.views import clean_sheets, selfchecks, sheet_compare, sheets

urlpatterns = [
    path("checks/sheets/next/", sheets.next_, name="sheet_next"),
    path("checks/sheets/<int:pk>/", sheets.sheet, name="sheet"),
    path("checks/sheets/<int:pk>/save/", sheets.save, name="sheet_save"),
    path("checks/sheets/<int:pk>/rest/", sheets.rest, name="sheet_rest"),
    path("checks/sheets/<int:pk>/rejudge/", sheets.rejudge, name="sheet_rejudge"),
    path("checks/sheets/<int:pk>/submit/", sheets.submit, name="sheet_submit"),
    path("checks/sheets/<int:pk>/reopen/", sheets.reopen, name="sheet_reopen"),
    path("checks/sheets/<int:pk>/screenshot/", sheets.screenshot, name="sheet_screenshot"),
    path("checks/sheets/<int:pk>/compare/", sheet_compare.compare, name="sheet_compare"),
    path("checks/sheets/<int:pk>/decide/", sheet_compare.decide, name="sheet_decide"),
    path("checks/<slug:month>/clean/", clean_sheets.clean_sheets, name="clean_sheets"),
    path("self-checks/", selfchecks.list_, name="self_checks"),
    path("self-checks/start/", selfchecks.start, name="self_check_start"),
    path("self-checks/clean/", selfchecks.clean, name="self_check_clean"),
    path("self-checks/overview/", selfchecks.overview, name="self_checks_overview"),
    path("self-checks/<int:pk>/", selfchecks.detail, name="self_check"),
    path("self-checks/<int:pk>/save/", selfchecks.save, name="self_check_save"),
    path("self-checks/<int:pk>/rest/", selfchecks.rest, name="self_check_rest"),
    path("self-checks/<int:pk>/rejudge/", selfchecks.rejudge, name="self_check_rejudge"),
    path("self-checks/<int:pk>/submit/", selfchecks.submit, name="self_check_submit"),
]
