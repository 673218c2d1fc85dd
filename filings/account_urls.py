"""Addresses under an account's that belong to filings; `filings/urls.py` takes them into its namespace."""

from django.urls import path

from filings.views.of_account import of_account

urlpatterns = [path("accounts/<int:pk>/filings/", of_account, name="of_account")]
