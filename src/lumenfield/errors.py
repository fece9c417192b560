"""The one error a user can mend; separate so that every layer can raise it."""

__all__ = ["InputError"]


class InputError(ValueError):
    """Say what came, what is needed and what to do, in one line.

    >>> raise InputError("scan is 250×97", "this network needs multiples of 16", "pad to 256×112")
    Traceback (most recent call last):
    lumenfield.errors.InputError: scan is 250×97; this network needs multiples of 16: pad to 256×112
    """

    def __init__(self, came: str, needed: str, todo: str) -> None:
        line = f"{came}; {needed}: {todo}"
        super().__init__(" ".join(line.split()))
        self.parts = (came, needed, todo)

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str]]:
        """Cross process borders, which rebuild an error from its arguments."""
        return InputError, self.parts
