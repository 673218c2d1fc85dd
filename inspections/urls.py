"""Addresses of the inspections, and the tabs and acts that an account's page has for them."""

from django.urls import path

from inspections import (
    check_urls,
    circular_urls,
    dashboard_urls,
    incident_urls,
    indicator_urls,
    rectify_urls,
    sheet_urls,
    upper_urls,
    year_urls,
)
from inspections.views import lost, of_account, orders

app_name = "inspections"
urlpatterns = [
    path("orders/", orders.list_, name="orders"),
    path("orders/<int:pk>/", orders.detail, name="order"),
    path("orders/<int:pk>/proof/", orders.proof, name="order_proof"),
    path("orders/<int:pk>/prove/", orders.prove, name="order_prove"),
    path("orders/<int:pk>/send-back/", orders.send_back, name="order_send_back"),
    path("orders/<int:pk>/execute/", orders.execute, name="order_execute"),
    path("orders/<int:pk>/revoke/", orders.revoke, name="order_revoke"),
    path("accounts/<int:pk>/order/", orders.issue, name="issue_order"),
    path("accounts/<int:pk>/checks/", of_account.of_account, name="of_account"),
    path("accounts/<int:pk>/lost/", lost.report, name="report_lost"),
    path("accounts/<int:pk>/lost/declare/", lost.declare, name="declare_lost"),
    path("accounts/<int:pk>/lost/dismiss/", lost.dismiss, name="dismiss_lost"),
    path("accounts/<int:pk>/lost/recover/", lost.recover, name="recover"),
    *indicator_urls.urlpatterns,
    *sheet_urls.urlpatterns,
    *check_urls.urlpatterns,
    *rectify_urls.urlpatterns,
    *upper_urls.urlpatterns,
    *circular_urls.urlpatterns,
    *dashboard_urls.urlpatterns,
    *year_urls.urlpatterns,
    *incident_urls.urlpatterns,
]
