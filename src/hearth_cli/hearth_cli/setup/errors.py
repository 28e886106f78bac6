"""The one error of set-up."""


class SetupError(Exception):
    """Set-up cannot go on; the message says what is wrong and what to do."""
