"""The API's addresses, one router over the three apps."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from config.api_docs import SchemaView, docs
from config.tokens import TokenViewSet

router = SimpleRouter()
router.register("tokens", TokenViewSet, basename="api-token")

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", docs, name="api-docs"),
    path("", include(router.urls)),
]
