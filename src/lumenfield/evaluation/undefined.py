"""The one way a metric says that it has no value; separate so that every metric can say it."""

__all__ = ["Undefined"]


class Undefined(ValueError):
    """Say in one line why a metric has no value here; scores show it beside the `None`."""
