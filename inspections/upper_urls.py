"""Addresses of findings from above; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import upper, upper_decided, upper_import, upper_paper, upper_typed

urlpatterns: list[URLPattern] = [
    path("upper/", upper.list_, name="uppers"),
    path("upper/new/", upper_typed.new, name="upper_new"),
    path("upper/import/", upper_import.upload, name="upper_import"),
    path("upper/import/<int:pk>/", upper_import.sheet, name="upper_sheet"),
    path("upper/import/<int:pk>/discard/", upper_import.discard, name="upper_discard"),
    path("upper/<int:pk>/", upper.detail, name="upper"),
    path("upper/<int:pk>/correct/", upper_typed.correct, name="upper_correct"),
    path("upper/<int:pk>/pictures/<int:picture>/", upper_typed.picture, name="upper_picture"),
    path("upper/<int:pk>/hand/", upper.hand, name="upper_hand"),
    path("upper/<int:pk>/drop/", upper.drop, name="upper_drop"),
    path("upper/<int:pk>/verify/", upper.verify, name="upper_verify"),
    path("upper/<int:pk>/send-back/", upper.send_back, name="upper_send_back"),
    path("upper/<int:pk>/report/", upper.report, name="upper_report"),
    path("upper/<int:pk>/name/", upper_decided.name, name="upper_name"),
    path("upper/<int:pk>/decide/", upper_decided.decide, name="upper_decide"),
    path("upper/<int:pk>/print/", upper_paper.print_, name="upper_print"),
    path("upper/<int:pk>/word/", upper_paper.word, name="upper_word"),
]
