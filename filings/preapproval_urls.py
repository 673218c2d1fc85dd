"""Addresses of 前置申请; they are in the namespace of the filings."""

from django.urls import path

from filings.views import preapprovals

urlpatterns = [
    path("", preapprovals.list_, name="preapprovals"),
    path("new/", preapprovals.new, name="preapproval_new"),
    path("retain/<int:pk>/", preapprovals.retain, name="preapproval_retain"),
    path("<int:pk>/", preapprovals.detail, name="preapproval"),
    path("<int:pk>/decide/", preapprovals.decide, name="preapproval_decide"),
    path("<int:pk>/open/", preapprovals.open_, name="preapproval_open"),
    path("<int:pk>/paper/", preapprovals.paper, name="preapproval_paper"),
]
