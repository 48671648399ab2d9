"""How the answers to each question are spread over its options."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.distributions import Distribution, option_counts
from server.api.figures import Surroundings, flagged_beside, resolved
from server.api.query import FiguresQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, Percent, ResolvedQuery
from server.measures.distribution import distribution

EXCLUDED = "excluded"


class OptionShare(BaseModel):
    """One option of a question."""

    question: str
    text: str
    option: str
    label: str
    sentiment: str
    chosen: Annotated[int, Field(description="how often")]
    n: Annotated[int, Field(description="answers to the question: positive + neutral + negative")]
    share: Annotated[Percent | None, Field(description="of n; null for an option that is in no denominator")]
    ci95: tuple[Percent, Percent] | None
    suppressed: Annotated[bool, Field(description="answered, but by too few to publish a percentage")]
    withheld: Annotated[
        int | None,
        Field(description="answers to the question that are left out: too few to be shown to you; null: not told"),
    ]


class DistributionAnswer(BaseModel):
    """GET /api/v1/stats/distribution."""

    query: ResolvedQuery
    meta: Meta
    data: Annotated[list[OptionShare], Field(description="by question, its options in their order")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_distribution(session: Session, asked: Asked[FiguresQuery], links: Links) -> DistributionAnswer:
    """The answer to the question. Raises ProblemError."""
    around = Surroundings(session, asked)
    found = option_counts(session, asked.scope, asked.period).get((), [])
    return DistributionAnswer(
        query=ResolvedQuery(**resolved(asked)),
        meta=around.meta(around.target),
        data=[row for each in found for row in option_shares(each, asked.thresholds.percent_from)],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def option_shares(found: Distribution, percent_from: int) -> list[OptionShare]:
    """Its options in their order; those in no denominator have a count and no share."""
    counted = [option for option in found.options if option.sentiment != EXCLUDED]
    shares = distribution([option.count for option in counted], percent_from=percent_from)
    by_code = {option.code: share for option, share in zip(counted, shares, strict=True)}
    n = sum(option.count for option in counted)

    def row(code: str, label: str, sentiment: str, chosen: int) -> OptionShare:
        share = by_code.get(code)
        interval = share.interval if share else None
        return OptionShare(
            question=found.question_id,
            text=found.text,
            option=code,
            label=label,
            sentiment=sentiment,
            chosen=chosen,
            n=n,
            share=None if share is None or share.share is None else round(100 * share.share, 1),
            ci95=None if interval is None else (round(100 * interval.lower, 1), round(100 * interval.upper, 1)),
            suppressed=0 < n < percent_from,
            withheld=found.withheld,
        )

    return [row(option.code, option.label, option.sentiment, option.count) for option in found.options]
