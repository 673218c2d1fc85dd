"""Addresses of rectifications and vetoes; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import rectifications, rectify_acts, vetoes

urlpatterns: list[URLPattern] = [
    path("rectifications/", rectifications.board, name="rectifications"),
    path("rectifications/export/", rectifications.export, name="rectifications_export"),
    path("rectifications/proofs/<int:pk>/", rectifications.proof, name="rectification_proof"),
    path("rectifications/<int:pk>/", rectifications.detail, name="rectification"),
    path("rectifications/<int:pk>/screenshot/", rectifications.screenshot, name="rectification_screenshot"),
    path("rectifications/<int:pk>/print/", rectifications.paper, name="rectification_print"),
    path("rectifications/<int:pk>/answer/", rectify_acts.answer, name="rectification_answer"),
    path("rectifications/<int:pk>/verify/", rectify_acts.verify, name="rectification_verify"),
    path("rectifications/<int:pk>/send-back/", rectify_acts.send_back, name="rectification_send_back"),
    path("rectifications/<int:pk>/remind/", rectify_acts.remind, name="rectification_remind"),
    path("rectifications/<int:pk>/refer/", rectify_acts.refer, name="rectification_refer"),
    path("rectifications/<int:pk>/decide/<str:outcome>/", rectify_acts.decide, name="rectification_decide"),
    path("vetoes/", vetoes.list_, name="vetoes"),
    path("vetoes/<int:pk>/revoke/", vetoes.revoke, name="veto_revoke"),
]
