"""The pages of printed forms and of their templates for the browser test."""

from filings.models import PrintTemplate
from filings.printing import builtin, templates
from tests.browser.acts import press
from tests.browser.pages import Shot, of
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

FACTS = {"of": "opening", "name": "区府办备案表（示例）.docx", "note": "表头按区里式样（示例）"}


def template(scene: Scene) -> dict[str, object]:
    """One that waits to be taken into use."""
    there = PrintTemplate.objects.filter(form="opening").first()
    by = User.objects.get(username="officer")
    made = there or templates.upload(builtin.built_in("opening"), by=by, now=db_now(), **FACTS)
    return {"pk": made.pk}


def in_use(scene: Scene) -> dict[str, object]:
    """Another one, in use."""
    there = PrintTemplate.objects.filter(form="change").first()
    by, now = User.objects.get(username="officer"), db_now()
    made = there or templates.upload(builtin.built_in("change"), by=by, now=now, **FACTS | {"of": "change"})
    if not made.in_use:
        templates.adopt(made.pk, instead_of=None, by=by, now=now)
    return {"pk": made.pk}


PRINTED = [
    Shot("filings:print", "operator", "", of("示例甲街道科普")),
    Shot("filings:print", "operator", "draft", of("示例甲街道问政"), "?typed"),
    Shot("filings:print", "auditor", "completed", of("示例甲街道文旅")),
    Shot("filings:template", "officer", "", template),
    Shot("filings:template", "officer", "in_use", in_use),
    Shot("filings:templates", "officer"),
    Shot("filings:templates", "officer", "errors", act=press("#upload [type=submit]"), status=422),
]
DOWNLOADED = [
    Shot("filings:word", "operator", "", of("示例甲街道科普")),
    Shot("filings:template_file", "officer", "", template),
    Shot("filings:template_preview", "officer", "", template),  # of no filing: leads back to the page
    Shot("filings:template_built_in", "officer", "", lambda scene: {"form": "closing"}),
]
