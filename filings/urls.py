"""Addresses of filings."""

from django.urls import URLPattern, URLResolver, include, path

from filings.views import (
    announcements,
    bulk,
    exchange,
    export_layouts,
    exports,
    files,
    filing,
    form,
    handing_over,
    leader,
    lists,
    office,
    questions,
    receipts,
    receiving,
    unit,
)

app_name = "filings"
urlpatterns: list[URLPattern | URLResolver] = [
    # lists
    path("", lists.list_, name="list"),
    # opening
    path("new/", form.new, name="new"),
    path("open/", form.open_, name="open"),
    path("open/<slug:kind>/", form.open_, name="open_kind"),
    path("<int:pk>/questions/", questions.questions, name="questions"),
    path("<int:pk>/announcement/", announcements.correct, name="announcement"),
    path("receive/", receiving.receive, name="receive"),
    path("<int:pk>/object/", receiving.object_, name="object"),
    path("<int:pk>/edit/", form.edit, name="edit"),
    path("<int:pk>/edit/<slug:step>/", form.edit, name="edit"),
    path("<int:pk>/save/", form.save, name="save"),
    path("<int:pk>/rules/<slug:step>/", form.rules, name="rules"),
    path("<int:pk>/submit/", form.submit, name="submit"),
    # filing
    path("<int:pk>/", filing.detail, name="detail"),
    # unit
    path("<int:pk>/report/", unit.report, name="report"),
    path("<int:pk>/recall/", unit.recall, name="recall"),
    path("<int:pk>/reopen/", unit.reopen, name="reopen"),
    path("<int:pk>/withdraw/", unit.withdraw, name="withdraw"),
    path("<int:pk>/hand-over/", handing_over.hand_over, name="hand_over"),
    path("<int:pk>/supplement/", unit.supplement, name="supplement"),
    path("<int:pk>/paper/", unit.record_paper, name="record_paper"),
    path("<int:pk>/paper/correct/", unit.correct_paper, name="correct_paper"),
    # leader
    path("<int:pk>/approve/", leader.approve, name="approve"),
    # files
    path("files/<int:pk>/", files.attachment, name="attachment"),
    path("<int:pk>/paper/scan/", files.paper_scan, name="paper_scan"),
    # office
    path("<int:pk>/decide/", office.decide, name="decide"),
    path("<int:pk>/paper/checked/", office.check_paper, name="check_paper"),
    path("<int:pk>/unaccept/", office.unaccept, name="unaccept"),
    path("<int:pk>/urge/", bulk.urge, name="urge"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("bulk/<int:job_id>/", bulk.result, name="bulk_result"),
    path("<int:pk>/not-occurred/", office.not_occurred, name="not_occurred"),
    # on paper
    path("", include("filings.printing_urls")),
    # exchange
    path("exchange/", exchange.show, name="exchange"),
    path("exchange/export/<slug:system>/", exports.export, name="export"),
    path("exchange/exports/", exports.running, name="exports"),
    path("exchange/exports/<int:pk>/", exports.batch, name="export_batch"),
    path("exchange/exports/<int:pk>/file/", exports.download, name="export_file"),
    path("exchange/exports/job/<int:job_id>/", exports.of_job, name="export_job"),
    path("exchange/requests/<int:pk>/drop/", exports.drop, name="export_request_drop"),
    path("exchange/layout/<slug:system>/", export_layouts.layout, name="export_layout"),
    path("exchange/receipt/", exchange.receipt, name="receipt"),
    path("exchange/receipts/", receipts.upload, name="receipts_upload"),
    path("exchange/receipts/pasted/", receipts.paste, name="receipts_paste"),
    path("exchange/receipts/sample.xlsx", receipts.sample, name="receipts_sample"),
    path("exchange/receipts/<int:job_id>/", receipts.result, name="receipts"),
    path("exchange/receipts/<int:job_id>/rejected.xlsx", receipts.rejected, name="receipts_rejected"),
    path("<int:pk>/complete/", exchange.complete, name="complete"),
]
