"""Addresses of 与上级平台核对, below /filings/reconcile/."""

from django.urls import path

from filings.views import reconcile

urlpatterns = [
    path("", reconcile.start, name="reconcile"),
    path("jobs/<int:pk>/", reconcile.job, name="reconcile_job"),
    path("jobs/<int:pk>/discard/", reconcile.discard, name="reconcile_discard"),
    path("<int:pk>/", reconcile.run, name="reconcile_run"),
    path("<int:pk>/again/", reconcile.again, name="reconcile_again"),
    path("<int:pk>/differences.xlsx", reconcile.workbook, name="reconcile_workbook"),
    path("lines/<int:pk>/export/", reconcile.export, name="reconcile_export"),
    path("lines/<int:pk>/drop/", reconcile.drop, name="reconcile_drop"),
    path("lines/<int:pk>/ask/", reconcile.ask, name="reconcile_ask"),
    path("lines/<int:pk>/note/", reconcile.note, name="reconcile_note"),
]
