"""Addresses of what the public reads of filings; they are in the namespace of the filings."""

from django.urls import path

from filings.views import announcements, feed

urlpatterns = [
    path("", announcements.show_list, name="announcements"),
    path("feed/", feed.feed, name="announcements_feed"),
    path("<int:pk>/", announcements.show, name="public_announcement"),
]
