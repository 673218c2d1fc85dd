"""The bottom app: it knows no other app of the portal."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from .guards import append_only


class CoreConfig(AppConfig):
    """Installs its guards after each migrate: a later table rebuild on SQLite silently drops triggers."""

    name = "zhonglou_media.core"
    label = "core"
    verbose_name = "基础"
    guards = append_only("core_event", "操作记录只能追加，不能修改或删除。")

    def ready(self) -> None:
        from . import checks, guards

        post_migrate.connect(guards.install_for_app, sender=self, dispatch_uid="core.guards")
        _ = checks
