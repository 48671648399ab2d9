"""The one error an operator can cause; the command line makes of it a sentence on stderr and exit code 2."""


class OperatorError(Exception):
    """What is wrong, where, and what to do about it, in one or two sentences without secrets."""
