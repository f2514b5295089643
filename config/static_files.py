"""Static files for production: hashed names, also inside our ES modules' import lines."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModules(CompressedManifestStaticFilesStorage):
    """Rewrites relative `import ... from "./x.js";` lines, so that modules cache for ever."""

    support_js_module_import_aggregation = True
