"""Addresses of the incident pages; joined in `inspections/urls.py`."""

from django.urls import URLPattern, path

from inspections.views import incidents

urlpatterns: list[URLPattern] = [
    path("incidents/", incidents.list_, name="incidents"),
    path("incidents/new/", incidents.new, name="incident_new"),
    path("incidents/routes/", incidents.routes, name="incident_routes"),
    path("incidents/routes/<slug:kind>/", incidents.revise, name="incident_route"),
    path("incidents/<int:pk>/", incidents.detail, name="incident"),
    path("incidents/<int:pk>/pass/", incidents.pass_on, name="incident_pass"),
    path("incidents/<int:pk>/passes/<int:pass_id>/receive/", incidents.receive, name="incident_receive"),
    path("incidents/<int:pk>/close/", incidents.close, name="incident_close"),
    path("incidents/<int:pk>/paper/", incidents.paper, name="incident_paper"),
]
