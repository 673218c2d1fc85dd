"""The URL map of the portal."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from zhonglou_media.portal import styleguide, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("regulation/", views.regulation, name="regulation"),
    path("help/", views.help_page, name="help"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_notices, name="notices_read"),
    path("notices/<int:pk>/open/", views.open_notice, name="notice_open"),
    path("health/", views.health, name="health"),
]
if settings.DEBUG:
    urlpatterns += [path("styleguide/", styleguide.styleguide, name="styleguide")]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
