def register() -> None:
    """Placeholder until the transport lands."""
