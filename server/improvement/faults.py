"""What can be wrong with a request to improve something; the surface says it in its own form."""


class NotThereError(LookupError):
    """Nothing of this name or number, or nothing that this viewer may see."""


class NotAllowedError(PermissionError):
    """Seen, but not theirs to change."""


class FaultError(ValueError):
    """A field that cannot be right. `steps` lead to it in the body: ("steps", 0, "owner")."""

    def __init__(self, *steps: str | int, detail: str) -> None:
        super().__init__(detail)
        self.steps = steps


class ConflictError(ValueError):
    """Right in itself, but it does not fit what is stored."""
