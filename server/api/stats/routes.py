"""The routes of the statistics. Thin: a question in, an answer out."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.answering import offered
from server.api.parameters import only
from server.api.query import ComparedQuery, FiguresQuery, SeriesQuery, described
from server.api.reference import PREFIX
from server.api.sessions import OpenSession
from server.api.stats import breakdown, control, cumulative, findings, friends, heat, leagues
from server.api.stats.ask import Reader, statistic
from server.api.stats.breakdown import BreakdownAnswer, BreakdownQuery, read_breakdown
from server.api.stats.control import ControlAnswer, ControlQuery, read_control
from server.api.stats.covering import CoverageAnswer, read_coverage
from server.api.stats.cumulative import CumulativeAnswer, CumulativeQuery, read_cumulative
from server.api.stats.distribution import DistributionAnswer, read_distribution
from server.api.stats.doubts import DoubtsAnswer, read_doubts
from server.api.stats.findings import FindingsAnswer, FindingsQuery, read_findings
from server.api.stats.friends import FriendsAnswer, Month
from server.api.stats.funnels import FunnelAnswer, read_funnel
from server.api.stats.heat import HeatAnswer, HeatQuery, read_heatmap
from server.api.stats.leagues import LeagueAnswer, LeagueQuery, read_league
from server.api.stats.rolling import RollingAnswer, read_rolling
from server.api.stats.series import TimeseriesAnswer, read_timeseries
from server.api.stats.summary import SummaryAnswer, read_summary

router = APIRouter(prefix=f"{PREFIX}/stats", tags=["figures"], responses=offered())


@router.get("/summary", operation_id="summary", response_model=SummaryAnswer, openapi_extra=described(ComparedQuery))
def get_summary(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Positivity of a whole period with its interval and verdict, beside the period before, a year before or all."""
    return statistic(request, viewer, session, (ComparedQuery, SummaryAnswer), read_summary)


@router.get(
    "/timeseries", operation_id="timeseries", response_model=TimeseriesAnswer, openapi_extra=described(SeriesQuery)
)
def get_timeseries(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Positivity over time, with n and interval, of the services, teams, devices and questions asked about."""
    return statistic(request, viewer, session, (SeriesQuery, TimeseriesAnswer), read_timeseries)


@router.get(
    "/breakdown",
    operation_id="breakdown",
    response_model=BreakdownAnswer,
    openapi_extra=described(BreakdownQuery, breakdown.MORE),
)
def get_breakdown(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Positivity of each team, device, question..., those without answers too; in order of name."""
    return statistic(request, viewer, session, (BreakdownQuery, BreakdownAnswer), read_breakdown, breakdown.MORE)


@router.get(
    "/rolling",
    operation_id="rolling",
    response_model=RollingAnswer,
    openapi_extra=described(BreakdownQuery, breakdown.MORE),
)
def get_rolling(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Each team, device, question... in the period, beside the thirteen whole weeks that end with it."""
    return statistic(request, viewer, session, (BreakdownQuery, RollingAnswer), read_rolling, breakdown.MORE)


@router.get(
    "/cumulative",
    operation_id="cumulative",
    response_model=CumulativeAnswer,
    openapi_extra=described(CumulativeQuery, cumulative.MORE),
)
def get_cumulative(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Responses since the start, at the end of each week, month or quarter of the period."""
    return statistic(request, viewer, session, (CumulativeQuery, CumulativeAnswer), read_cumulative, cumulative.MORE)


@router.get(
    "/distribution",
    operation_id="distribution",
    response_model=DistributionAnswer,
    openapi_extra=described(FiguresQuery),
)
def get_distribution(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """How the answers to each question are spread over its options."""
    return statistic(request, viewer, session, (FiguresQuery, DistributionAnswer), read_distribution)


@router.get(
    "/heatmap", operation_id="heatmap", response_model=HeatAnswer, openapi_extra=described(HeatQuery, heat.MORE)
)
def get_heatmap(request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession) -> Response:
    """When answers are given in your own teams, by local weekday and hour."""
    return statistic(request, viewer, session, (HeatQuery, HeatAnswer), read_heatmap, heat.MORE)


@router.get(
    "/spc", operation_id="spc", response_model=ControlAnswer, openapi_extra=described(ControlQuery, control.MORE)
)
def get_spc(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """The statistical process control chart of positivity: points, limits, what is special and why."""
    return statistic(request, viewer, session, (ControlQuery, ControlAnswer), read_control, control.MORE)


@router.get(
    "/concerns",
    operation_id="concerns",
    response_model=FindingsAnswer,
    openapi_extra=described(FindingsQuery, findings.MORE),
)
def get_concerns(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """What deserves attention, concerns and highlights alike, by a rule that allows for many comparisons."""
    return statistic(request, viewer, session, (FindingsQuery, FindingsAnswer), read_findings, findings.MORE)


@router.get(
    "/league", operation_id="league", response_model=LeagueAnswer, openapi_extra=described(LeagueQuery, leagues.MORE)
)
def get_league(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Who collected how many valid responses. Nobody is ranked by positivity."""
    return statistic(request, viewer, session, (LeagueQuery, LeagueAnswer), read_league, leagues.MORE)


@router.get(
    "/funnel",
    operation_id="funnel",
    response_model=FunnelAnswer,
    openapi_extra=described(BreakdownQuery, breakdown.MORE),
)
def get_funnel(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Which teams, devices, questions... differ from all together by more than their n explains."""
    return statistic(request, viewer, session, (BreakdownQuery, FunnelAnswer), read_funnel, breakdown.MORE)


@router.get("/coverage", operation_id="coverage", response_model=CoverageAnswer, openapi_extra=described(FiguresQuery))
def get_coverage(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Which teams are heard: with data, with a device and no data, without a device."""
    return statistic(request, viewer, session, (FiguresQuery, CoverageAnswer), read_coverage)


@router.get("/misuse", operation_id="misuse", response_model=DoubtsAnswer, openapi_extra=described(FiguresQuery))
def get_misuse(request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession) -> Response:
    """Passes of one device that look doubtful in a row, with the reasons: to look into, and to flag or clear."""
    return statistic(request, viewer, session, (FiguresQuery, DoubtsAnswer), read_doubts, single=True)


@router.get(
    "/fft",
    operation_id="friends_and_family",
    response_model=FriendsAnswer,
    dependencies=[only("month", "format")],
)
def get_friends(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession, month: Month
) -> Response:
    """A month of the Friends and Family Test as it is submitted, by service grouping."""
    return friends.friends(request, viewer, session, month)
