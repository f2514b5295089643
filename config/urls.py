from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import JavaScriptCatalog, set_language

from config import health, login, token_views

handler400 = "config.api_errors.bad_request"
handler403 = "config.api_errors.permission_denied"
handler404 = "config.api_errors.page_not_found"
handler500 = "config.api_errors.server_error"

urlpatterns = [
    path("", include("slides.urls")),
    path("", include("predictions.urls")),
    path("review/", include("predictions.review.urls")),
    path("training/", include("training.urls")),
    path("accounts/login/", login.Login.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/tokens/", token_views.token_list, name="token-list"),
    path("accounts/tokens/<slug:key>/revoke/", token_views.token_revoke, name="token-revoke"),
    path("words.js", require_GET(JavaScriptCatalog.as_view()), name="words"),
    path("accounts/language/", require_POST(set_language), name="set-language"),
    path("api/", include("config.api_urls")),
    path("admin/login/", login.admin_login, name="admin-login"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
