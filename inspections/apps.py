"""Spot-checks, and the sweep that runs every rule of the portal."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"
