"""Addresses outside `/filings/` that belong to filings; they are in the same namespace."""

from django.urls import path

from filings.views import calendar
from filings.views.merging import merge
from filings.views.of_account import of_account

urlpatterns = [
    path("accounts/<int:pk>/filings/", of_account, name="of_account"),
    path("accounts/<int:pk>/merge/", merge, name="merge"),
    path("calendar/", calendar.show, name="calendar"),
    path("calendar/confirm/", calendar.confirm, name="calendar_confirm"),
]
