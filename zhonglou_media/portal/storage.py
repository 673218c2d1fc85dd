"""Static files with hashed names, for ES modules too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import "./nav.js"` to the hashed name; without it the plain name would be a 404."""

    support_js_module_import_aggregation = True
