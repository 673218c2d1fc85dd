"""Addresses of the register."""

from django.urls import path

from accounts.views import account, activity, activity_import, imports, recording, register, saved, thresholds

app_name = "accounts"
urlpatterns = [
    path("accounts/", register.accounts, name="list"),
    path("accounts/export.xlsx", register.export, name="export"),
    path("accounts/filters/", saved.filters, name="filters"),
    path("accounts/filters/<int:pk>/delete/", saved.delete, name="filter_delete"),
    path("accounts/import/", imports.import_list, name="import"),
    path("accounts/import/<int:job_id>/", imports.result, name="import_result"),
    path("accounts/import/<int:job_id>/discard/", imports.discard, name="import_discard"),
    path("accounts/import/<int:job_id>/refused.xlsx", imports.refused, name="import_refused"),
    path("accounts/<int:pk>/", account.detail, name="detail"),
    path("accounts/<int:pk>/void/", account.void, name="void"),
    path("flags/<int:pk>/waive/", account.waive, name="waive"),
    path("thresholds/", thresholds.show, name="thresholds"),
    path("thresholds/take-back/", thresholds.take_back, name="threshold_take_back"),
    path("activity/", activity.record, name="record"),
    path("activity/confirm/", recording.confirm_all, name="confirm_all"),
    path("accounts/<int:pk>/activity/", activity.activity, name="activity"),
    path("accounts/<int:pk>/confirm/", recording.confirm, name="confirm"),
    path("accounts/<int:pk>/publish/", recording.publish, name="publish"),
    path("accounts/<int:pk>/ask/", recording.ask, name="ask"),
    path("publications/<int:pk>/remove/", recording.remove, name="remove"),
    path("publications/<int:pk>/restore/", recording.restore, name="restore"),
    path("messages/<int:pk>/", recording.message, name="message"),
    path("messages/<int:pk>/reply/", recording.reply, name="reply"),
    path("messages/<int:pk>/unreply/", recording.unreply, name="unreply"),
    path("messages/<int:pk>/kind/", recording.reclassify, name="reclassify"),
    path("messages/<int:pk>/withdraw/", recording.withdraw_message, name="withdraw_message"),
    path("activity/import/", activity_import.activity_import, name="activity_import"),
    path("activity/import/sample/<slug:kind>/", activity_import.sample, name="activity_sample"),
    path("activity/import/<int:pk>/", activity_import.result, name="activity_import_result"),
]
