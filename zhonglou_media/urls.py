"""The URL map of the portal."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from filings import account_urls as filings_account_urls
from filings import urls as filings_urls
from filings.views import lists
from zhonglou_media.portal import home, monitoring, runs, styleguide, switch, unit_page, views

# One namespace: the filings' own addresses, and the tab an account's page has for them.
filing_pages: list[URLPattern | URLResolver] = [
    path("filings/", include(filings_urls.urlpatterns)),
    *filings_account_urls.urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("done/", lists.done, name="done"),
    path("mine/", lists.mine, name="mine"),
    path("units/<int:pk>/", unit_page.unit_page, name="unit"),
    path("", include((filing_pages, "filings"))),
    path("", include("accounts.urls")),
    path("login/", views.login, name="login"),
    path("switch/", switch.switch, name="switch"),
    path("logout/", views.logout, name="logout"),
    path("flags/", monitoring.show, name="flags"),
    path("flags/export.xlsx", monitoring.export, name="flags_export"),
    path("flags/waive/", monitoring.waive, name="flags_waive"),
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
]
if settings.DEBUG:
    urlpatterns += [path("styleguide/", styleguide.styleguide, name="styleguide")]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
