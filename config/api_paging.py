"""How many rows an answer of the API may hold."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """?page= and ?page_size=, 50 rows unless told, never more than 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
