"""What joins all apps: homes, navigation, commands that run the portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "zhonglou_media.portal"
    label = "portal"
    verbose_name = "门户"
