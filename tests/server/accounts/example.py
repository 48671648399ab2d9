"""What an example of a route says, for the test of who may use it: a route without one fails it.

The examples are about the team `leek` of the service `beds`. `inside` is what somebody gets whose role, with the
right that the route needs, lies on that team; `outside`, whose role lies on the team `north` of another directorate;
`whole`, whose role lies on the whole organisation. Lists answer all of them, each with what is theirs: `hides` are
words that the answer to somebody outside must not hold. Creating examples stand before those that name what they
make: `makes` is the word by which later paths name it, `number` the field of the answer that holds it.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """One request, and the statuses that whoever may use the route is answered with."""

    route: str  # "GET /api/v1/people": as the route table has it
    json: dict | None = None
    data: dict | None = None  # a form
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    content: bytes | None = None
    inside: int = 200
    outside: int | None = None  # None: as inside
    whole: int | None = None
    of_whole: dict = field(default_factory=dict)  # by role, where it differs
    hides: tuple[str, ...] = ()
    makes: str = ""
    number: str = ""

    def expected(self, role, where):
        """The status for this role when it lies there."""
        if where == "inside":
            return self.inside
        if where == "whole" and role in self.of_whole:
            return self.of_whole[role]
        given = getattr(self, where)
        return self.inside if given is None else given


V1 = "/api/v1"
