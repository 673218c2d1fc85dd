"""Addresses of the register."""

from django.urls import path

from accounts.views import account, imports, register

app_name = "accounts"
urlpatterns = [
    path("accounts/", register.accounts, name="list"),
    path("accounts/import/", imports.import_list, name="import"),
    path("accounts/import/<int:job_id>/", imports.result, name="import_result"),
    path("accounts/import/<int:job_id>/refused.xlsx", imports.refused, name="import_refused"),
    path("accounts/<int:pk>/", account.detail, name="detail"),
    path("accounts/<int:pk>/void/", account.void, name="void"),
    path("flags/<int:pk>/waive/", account.waive, name="waive"),
]
