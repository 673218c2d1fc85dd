"""The URL map of the portal."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from filings import account_urls as filings_account_urls
from filings import announcement_urls, preapproval_urls, reconcile_urls
from filings import urls as filings_urls
from filings.views import lists
from zhonglou_media.portal import (
    events_page,
    home,
    invite,
    membership_end,
    monitoring,
    runs,
    search,
    styleguide,
    switch,
    unit_merge,
    unit_page,
    units,
    users,
    views,
)

# One namespace: the filings' own addresses, and the tab an account's page has for them.
filing_pages: list[URLPattern | URLResolver] = [
    path("filings/", include(filings_urls.urlpatterns)),
    path("filings/reconcile/", include(reconcile_urls.urlpatterns)),
    path("preapprovals/", include(preapproval_urls.urlpatterns)),
    path("announcements/", include(announcement_urls.urlpatterns)),
    *filings_account_urls.urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("done/", lists.done, name="done"),
    path("mine/", lists.mine, name="mine"),
    path("units/<int:pk>/", unit_page.unit_page, name="unit"),
    path("", include((filing_pages, "filings"))),
    path("", include("accounts.urls")),
    path("", include("inspections.urls")),
    path("login/", views.login, name="login"),
    path("switch/", switch.switch, name="switch"),
    path("invite/<slug:token>/", invite.invite, name="invite"),
    path("users/", users.show_list, name="users"),
    path("users/new/", users.new, name="user_new"),
    path("users/<int:pk>/", users.person, name="user"),
    path("users/<int:pk>/memberships/", users.add_membership, name="membership_add"),
    path("users/<int:pk>/memberships/<int:membership_id>/end/", membership_end.end, name="membership_end"),
    path("users/<int:pk>/invite/", users.invite, name="user_invite"),
    path("users/<int:pk>/disable/", users.disable, name="user_disable"),
    path("users/<int:pk>/enable/", users.enable, name="user_enable"),
    path("units/", units.show_list, name="units"),
    path("units/new/", units.new, name="unit_new"),
    path("units/<int:pk>/edit/", units.edit, name="unit_edit"),
    path("units/<int:pk>/confirm/", units.confirm, name="unit_confirm"),
    path("units/<int:pk>/merge/", unit_merge.merge, name="unit_merge"),
    path("logout/", views.logout, name="logout"),
    path("flags/", monitoring.show, name="flags"),
    path("flags/export.xlsx", monitoring.export, name="flags_export"),
    path("flags/waive/", monitoring.waive, name="flags_waive"),
    path("search/", search.search, name="search"),
    path("regulation/", views.regulation, name="regulation"),
    path("help/", views.help_page, name="help"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="notices_read"),
    path("notices/<int:pk>/open/", views.open_notice, name="notice_open"),
    path("health/", views.health, name="health"),
    path("jobs/<int:pk>/", runs.job, name="job"),
    path("jobs/<int:pk>/file/", runs.job_file, name="job_file"),
    path("jobs/<int:pk>/stop/", runs.job_stop, name="job_stop"),
    path("jobs/<int:pk>/again/", runs.job_again, name="job_again"),
    path("runs/", runs.runs, name="runs"),
    path("events/", events_page.show, name="events"),
    path("events/check/", events_page.check, name="events_check"),
    path("events/checks/<int:pk>/", events_page.checked, name="events_checked"),
    path("events/checks/<int:pk>/close/", events_page.close, name="events_close"),
    path("events/export/", events_page.export, name="events_export"),
]
if settings.DEBUG:
    urlpatterns += [path("styleguide/", styleguide.styleguide, name="styleguide")]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
