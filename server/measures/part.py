"""A part of the answers: so many chosen out of n, and how many people that is."""

from typing import NamedTuple


class Part(NamedTuple):
    """`chosen` of `n` answers. `people`: who gave them, where several questions are pooled; None where n is people."""

    chosen: int
    n: int
    people: int | None = None

    @property
    def basis(self) -> int:
        """The n of intervals and tests: one person's answers are correlated, so never more than people."""
        return self.n if self.people is None else min(self.n, self.people)

    @property
    def share(self) -> float | None:
        """0..1; None where n is 0."""
        return self.chosen / self.n if self.n else None

    @property
    def weighed(self) -> int:
        """The count brought to the basis, for a test that takes whole counts."""
        return self.chosen if self.basis == self.n else round(self.chosen * self.basis / self.n)

    def point(self, least: int) -> "Part":
        """Itself as a point of a chart; nobody's where fewer than `least` gave it: a point shows a percentage, and none
        is published of so few.
        """
        return self if self.basis >= least else Part(0, 0)

    def check(self) -> None:
        """Raises ValueError unless 0 <= chosen <= n, and no negative number of people gave them."""
        if not 0 <= self.chosen <= self.n or (self.people is not None and self.people < 0):
            raise ValueError(f"what was chosen must be within 0 and n, and people 0 or more, got {self}")

    def plus(self, other: "Part") -> "Part":
        """Both together: counts are added, percentages never averaged. Where one does not say its people, its n is."""
        unsaid = self.people is None and other.people is None
        people = None if unsaid else sum(part.n if part.people is None else part.people for part in (self, other))
        return Part(self.chosen + other.chosen, self.n + other.n, people)
