"""Spot-checks and what follows from them, and the sweep that runs every rule of the portal."""

from collections.abc import Iterable

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from zhonglou_media.core import guards


def _states(table: str, pairs: Iterable[tuple[str, str]], what: str) -> list[guards.Guard]:
    """Only these moves of `state`, and no row is ever deleted."""
    legal = {(str(old), str(new)) for old, new in pairs}
    moves = guards.legal_pairs(table, "state", legal, f"{what}的状态不能这样变化，请按流程办理。")
    return moves + guards.no_delete(table, f"{what}不能删除。")


class InspectionsConfig(AppConfig):
    name = "inspections"
    verbose_name = "检查"
    guards: list[guards.Guard]

    def ready(self) -> None:
        from .models.check import CHECK_PAIRS
        from .models.circular import CIRCULAR_PAIRS
        from .models.incident import INCIDENT_PAIRS
        from .models.order import PAIRS
        from .models.rectification import RECTIFICATION_PAIRS
        from .models.upper import UPPER_PAIRS

        self.guards = (
            _states("inspections_closureorder", PAIRS, "责令关停")
            + _states("inspections_spotcheck", CHECK_PAIRS, "抽查")
            + [
                guards.Guard(
                    "inspections_spotcheck_drawn",
                    "inspections_spotcheck",
                    "UPDATE",
                    "OLD.state <> 'drafted' AND (OLD.drawn <> NEW.drawn OR OLD.seed <> NEW.seed)",
                    "名单确定以后，抽取文件和种子不能修改。",
                )
            ]
            + _states("inspections_sheet", {("open", "submitted"), ("submitted", "open")}, "检查单")
            + guards.no_delete("inspections_finding", "检查发现的问题不能删除，只能撤销。")
            + _states("inspections_selfcheck", {("open", "submitted")}, "季度自查")
            + guards.frozen("inspections_selfcheck", "state", "submitted", "已提交的自查不能修改。")
            + _states("inspections_indicatorset", {("draft", "published")}, "检查指标")
            + guards.frozen("inspections_indicatorset", "state", "published", "已发布的指标不能修改，请另起一版。")
            + guards.frozen("inspections_indicator", "state", "published", "已发布的指标不能修改，请另起一版。")
            + [
                guards.Guard(
                    "inspections_indicator_no_delete",
                    "inspections_indicator",
                    "DELETE",
                    "OLD.state = 'published'",
                    "已发布的指标不能删除，请另起一版。",
                )
            ]
            + _states("inspections_rectification", RECTIFICATION_PAIRS, "整改")
            + guards.append_only("inspections_rectificationproof", "整改证明不能修改或删除。")
            + guards.no_delete("inspections_annualveto", "一票否决不能删除，只能撤销。")
            + _states("inspections_upperfinding", UPPER_PAIRS, "上级工单")
            + _states("inspections_circular", CIRCULAR_PAIRS, "通报")
            + guards.frozen("inspections_circular", "state", "published", "已公开的通报不能修改，请另发更正通报。")
            + _states("inspections_assessmentyear", {("open", "frozen")}, "年度考核")
            + guards.frozen("inspections_assessmentyear", "state", "frozen", "已定稿的年度考核不能修改。")
            + guards.frozen("inspections_assessment", "state", "frozen", "已定稿的年度考核不能修改。")
            + [
                guards.Guard(
                    "inspections_assessment_no_delete",
                    "inspections_assessment",
                    "DELETE",
                    "OLD.state = 'frozen'",
                    "已定稿的年度考核不能删除。",
                ),
                guards.Guard(
                    "inspections_assessment_no_insert",
                    "inspections_assessment",
                    "INSERT",
                    "EXISTS (SELECT 1 FROM inspections_assessmentyear WHERE id = NEW.year_id AND state = 'frozen')",
                    "年度考核已定稿，不能增加单位。",
                ),
            ]
            + _states("inspections_incident", INCIDENT_PAIRS, "突发情况")
            + guards.no_delete("inspections_incidentpass", "转送记录不能删除。")
        )
        post_migrate.connect(guards.install_for_app, sender=self, dispatch_uid="inspections.guards")
