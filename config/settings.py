"""All settings, read once from the environment. With nothing set, one machine runs everything."""

import os
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config.fingerprint import fingerprint
from config.refusals import local_secret_key, refuse_unsafe_production

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Where everything that is not code lives: database, slides, maps, weights, broker spool.
HOME = Path(env.str("SENTINODE_HOME", default=str(BASE_DIR / "var"))).expanduser().resolve()
MODE = env.str("SENTINODE_MODE", default="local")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SECRET_KEY = env.str("SECRET_KEY", default="")
refuse_unsafe_production(
    mode=MODE,
    debug=DEBUG,
    secret_key=SECRET_KEY,
    allowed_hosts=env.list("ALLOWED_HOSTS", default=[]),
)
SECRET_KEY = SECRET_KEY or local_secret_key(HOME)
IS_PRODUCTION = MODE == "production"

MEDIA_ROOT = HOME / "media"
CACHE_ROOT = HOME / "cache"
os.environ.setdefault("MPLCONFIGDIR", str(CACHE_ROOT / "matplotlib"))  # its list of fonts
UPLOAD_ROOT = HOME / "uploads"
# Of a form or JSON, files not counted: a region of 10^6 corners fits into one edit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 2**20

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "config",
    "slides",
    "training",
    "predictions",
    "predictions.review",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.export_log.ExportLog",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database: SQLite needs immediate transactions as well as WAL, or readers that
# turn writers fail with "database is locked" in spite of the time-out.
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{HOME / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    HOME.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHES = {
    "default": env.cache("CACHE_URL")
    if env.str("CACHE_URL", default="")
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": CACHE_ROOT / "django",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "slide-list"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = (
    "/static/" if IS_PRODUCTION or DEBUG else f"/static/{fingerprint(BASE_DIR / 'static')}/"
)
STATIC_ROOT = Path(env.str("SENTINODE_STATIC", default=str(HOME / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
if not (IS_PRODUCTION or DEBUG):
    WHITENOISE_IMMUTABLE_FILE_TEST = rf"^{STATIC_URL}(css|img|js|vendor)/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static_files.HashedModules"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Strict from the first day: no inline script or style, nothing from another host.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if IS_PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, so that whoever is nobody is answered 401 and how to log in.
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["slides.roles.ReaderPermission"],
    "DEFAULT_PAGINATION_CLASS": "config.api_paging.Pages",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api_negotiation.JsonAlways",
    "EXCEPTION_HANDLER": "config.api_errors.answer",
    # The schema describes the API; OPTIONS would describe it once more, and not all of it.
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_RATES": {"login": "20/min"},
    # Whose address counts: the proxy's word in production, the socket's otherwise.
    "NUM_PROXIES": 1 if IS_PRODUCTION else 0,
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sentinode API",
    "DESCRIPTION": "Slides, annotations, datasets, runs, model versions and predictions.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_PERMISSIONS": ["slides.roles.ReaderPermission"],
    "SCHEMA_PATH_PREFIX": "/api/",
    # An empty text is told by each field itself.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_docs.add_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "slides.jobs.Job.Status",
        "SlideStage": "slides.models.Slide.Stage",
        "SlideSubset": "slides.models.Slide.Subset",
        "AnnotationSource": "slides.models.Annotation.Source",
        "Architecture": "training.models.Architecture",
        "VersionArchitecture": "training.choices.VERSION_ARCHITECTURES",
        "Pooling": "training.models.Pooling",
        "Augmentation": "training.models.Augmentation",
        "Balance": "training.choices.Balance",
        "ClassBalance": "training.choices.ClassBalance",
        "DatasetGoal": "training.choices.Goal",
        "Labelling": "training.choices.Labelling",
        "Loss": "training.choices.Loss",
        "Optimizer": "training.choices.Optimizer",
        "Precision": "training.choices.Precision",
        "Schedule": "training.choices.Schedule",
        "VersionStage": "training.choices.Stage",
        "StageMove": "training.version_serializers.STAGE_MOVES",
        "OperatingRule": "training.choices.OperatingRule",
        "CalibrationKind": "training.choices.Calibration",
        "ExperimentKind": "training.choices.ExperimentKind",
        "Exposure": "predictions.models.Prediction.Exposure",
        "GateVerdict": "predictions.models.GateRun.Verdict",
        "PromotionKind": "predictions.models.Promotion.Kind",
        "MaskKind": "predictions.serializers.MASK_KINDS",
        "ItcSlides": "predictions.lesions.ITC_SLIDES",
        "SlideBasis": "predictions.cockpit_serializers.SLIDE_BASES",
        "ChoiceRisk": "predictions.cockpit_serializers.CHOICE_RISKS",
        "CohortSubset": "predictions.serializers.COHORT_SUBSETS",
        "JobKind": "predictions.serializers.JOB_KINDS",
        "Conclusion": "predictions.review.models.Conclusion",
        "ReviewState": "predictions.review.models.Review.State",
        "RemarkKind": "predictions.review.models.Remark.Kind",
        "VerdictKind": "predictions.review.models.Verdict.Kind",
        "RejectionReason": "predictions.review.models.Verdict.Because",
        "FindingState": "predictions.review.review_serializers.FINDING_STATES",
        "FindingSize": "predictions.review.review_serializers.SIZES",
        "RegionLabel": "predictions.review.review_serializers.REGION_LABELS",
        "CorrectionPlace": "predictions.review.review_serializers.CORRECTION_PLACES",
        "AlarmKind": "predictions.review.models.Alarm.Kind",
        "AlarmAnswer": "predictions.review.models.Alarm.Answer",
        "NoticeKind": "predictions.review.models.Notice.Kind",
        "WorkState": "predictions.review.models.WorkItem.State",
        "DealingWay": "predictions.review.assigning.Way",
        "StudyState": "predictions.review.models.Study.State",
        "FoundBy": "predictions.review.study_serializers.FOUND_BY",
        "LesionStanding": "predictions.review.study_serializers.STANDINGS",
        "OutlineChoice": "predictions.review.study_serializers.CHOICES",
        "PatientStage": "predictions.review.models.Staging.Stage",
    },
}

# Work. A job whose heartbeat is older than the lease is queued again by the sweep.
LEASE_SECONDS = env.int("SENTINODE_LEASE_SECONDS", default=180)
SWEEP_SECONDS = env.int("SENTINODE_SWEEP_SECONDS", default=30)
SPOOL_ROOT = HOME / "spool"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="spool://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"folder": str(SPOOL_ROOT)}
    if CELERY_BROKER_URL.startswith("spool:")
    # Above the longest task: a shorter one makes Redis deliver a running task twice.
    else {"visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT", default=24 * 3600)}
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "sentinode"
CELERY_TASK_ROUTES = {
    f"training.tasks.{name}": {"queue": "training"}
    for name in ("train_run", "carry_out_experiment", "mine_negatives")
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # Expiring, so that sweeps do not queue up behind long work.
    f"sweep-{app}": {
        "task": f"{app}.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": max(SWEEP_SECONDS, 60)},
    }
    for app in ("slides", "training", "predictions", "predictions.review")
}

# Tissue bars: share of a patch that must be tissue to be learnt from and to be read.
# The seed used 0.30 and 0.80; one bar for both keeps training and reading alike.
TISSUE_BAR_TRAINING = env.float("SENTINODE_TISSUE_BAR_TRAINING", default=0.30)
TISSUE_BAR_PREDICTION = env.float("SENTINODE_TISSUE_BAR_PREDICTION", default=0.30)

# Patches read for training: longest unused datasets' go first, never those a job reads.
PATCH_CACHE_BYTES = 1e9 * env.float("SENTINODE_PATCH_CACHE_GB", default=50)

# How much sensitivity for lesions and slides a new live version may lose at most.
GATE_MARGIN = env.float("SENTINODE_GATE_MARGIN", default=0.05)

# TensorFlow tells of its build at every start otherwise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
