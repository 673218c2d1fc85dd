"""Addresses of printed forms and of the templates they are printed by; part of `filings.urls`."""

from django.urls import path

from filings.views import print_templates, printing

urlpatterns = [
    path("<int:pk>/print/", printing.print_, name="print"),
    path("<int:pk>/word/", printing.word, name="word"),
    path("templates/", print_templates.templates_, name="templates"),
    path("templates/upload/", print_templates.upload, name="template_upload"),
    path("templates/built-in/<slug:form>/", print_templates.built_in, name="template_built_in"),
    path("templates/<int:pk>/", print_templates.template, name="template"),
    path("templates/<int:pk>/file/", print_templates.file, name="template_file"),
    path("templates/<int:pk>/preview/", print_templates.preview, name="template_preview"),
    path("templates/<int:pk>/adopt/", print_templates.adopt, name="template_adopt"),
    path("templates/<int:pk>/retire/", print_templates.retire, name="template_retire"),
]
