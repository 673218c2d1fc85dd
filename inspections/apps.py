"""Spot-checks, and the sweep that runs every rule of the portal."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from zhonglou_media.core import guards


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"
    guards: list[guards.Guard]

    def ready(self) -> None:
        from .models.order import PAIRS

        self.guards = guards.legal_pairs(
            "inspections_closureorder",
            "state",
            {(str(old), str(new)) for old, new in PAIRS},
            "责令关停的状态不能这样变化，请按流程办理。",
        ) + guards.no_delete("inspections_closureorder", "责令关停不能删除，只能撤销。")
        post_migrate.connect(guards.install_for_app, sender=self, dispatch_uid="inspections.guards")
