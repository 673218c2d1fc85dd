"""Addresses of the circulars: what the public reads, then the office's; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import circulars, public_circulars

urlpatterns: list[URLPattern] = [
    path("circulars/", public_circulars.list_, name="circulars"),
    path("circulars/office/", circulars.list_, name="circulars_office"),
    path("circulars/draft/<str:code>/", circulars.draft, name="circular_draft"),
    path("circulars/<int:pk>/edit/", circulars.edit, name="circular_edit"),
    path("circulars/<int:pk>/preview/", circulars.preview, name="circular_preview"),
    path("circulars/<int:pk>/draft.docx", circulars.word, name="circular_draft_word"),
    path("circulars/<int:pk>/recall/", circulars.recall, name="circular_recall"),
    path("circulars/<int:pk>/send-back/", circulars.send_back, name="circular_send_back"),
    path("circulars/<int:pk>/publish/", circulars.publish, name="circular_publish"),
    path("circulars/<int:pk>/correct/", circulars.correct, name="circular_correct"),
    path("circulars/<slug:index_no>/", public_circulars.show, name="circular"),
    path("circulars/<slug:index_no>/word/", public_circulars.word, name="circular_word"),
    path("circulars/<slug:index_no>/statistics/", public_circulars.statistics, name="circular_statistics"),
]
