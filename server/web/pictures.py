"""The charts as pictures of their own: the same rows, rights and suppression as the statistics, as SVG or PNG."""

from base64 import b64encode
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.answering import offered, pictured
from server.api.figures import links
from server.api.formats import Format
from server.api.query import FiguresQuery, described, read_query
from server.api.reference import PREFIX
from server.api.resolve import refuse_what_is_to_come, resolve
from server.api.sessions import OpenSession
from server.api.stats import breakdown, control, heat
from server.api.stats.ask import Reader, blamed
from server.api.stats.breakdown import BreakdownQuery
from server.api.stats.control import ControlAnswer, ControlQuery, read_control
from server.api.stats.distribution import DistributionAnswer, read_distribution
from server.api.stats.funnels import FunnelAnswer, read_funnel
from server.api.stats.heat import HeatAnswer, HeatQuery, read_heatmap
from server.web.chart import FRAMES, NARROW, WIDE, Frame
from server.web.control_chart import draw_control
from server.web.distribution_chart import draw_distribution
from server.web.funnel_chart import described as described_part
from server.web.funnel_chart import draw_funnel, funnel_sentence, told_apart
from server.web.heatmap_chart import draw_heatmap
from server.web.lettering import lines_of
from server.web.picture_words import distribution_sentence, heatmap_sentence, subject
from server.web.raster import as_png
from server.web.templates import STATIC

router = APIRouter(prefix=f"{PREFIX}/charts", tags=["pictures"], responses=offered([Format.SVG]))
MARGIN_PX = 14
LINE = 1.45  # of the font size, from one line of text to the next


class Width(StrEnum):
    """For which screen: letters keep their size, so a narrow one has a drawing of its own."""

    WIDE = "wide"
    NARROW = "narrow"


OF_PICTURES = {
    "format": "left out, or what the address ends in: a picture has no other form",
    "width": f"one of {', '.join(Width)}: {WIDE.width + 2 * MARGIN_PX} or {NARROW.width + 2 * MARGIN_PX} pixels",
}


class DistributionPicture(FiguresQuery):
    """Of the picture of a distribution."""

    width: Width = Width.WIDE


class HeatPicture(HeatQuery):
    """Of the picture of the heat map."""

    width: Width = Width.WIDE


class FunnelPicture(BreakdownQuery):
    """Of the picture of a funnel."""

    width: Width = Width.WIDE


class ControlPicture(ControlQuery):
    """Of the picture of a control chart."""

    width: Width = Width.WIDE


class Drawn(NamedTuple):
    """A picture in words and shapes. `notes`: what is printed below it."""

    template: str
    title: str
    reading: str
    notes: list[str]
    drawing: Any


@router.get(
    "/spc.png",
    operation_id="spc_png",
    response_class=Response,
    responses=offered([Format.PNG]),
    openapi_extra=described(ControlPicture, control.MORE | OF_PICTURES),
)
@router.get(
    "/spc.svg",
    operation_id="spc_picture",
    response_class=Response,
    openapi_extra=described(ControlPicture, control.MORE | OF_PICTURES),
)
def get_control(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """The control chart as a picture."""

    def draw(answer: ControlAnswer, frame: Frame) -> Drawn:
        drawing = draw_control(answer, frame)
        notes = [answer.chart.how_made, *(flag.words for flag in drawing.flags)]
        title = f"Positive answers by {answer.query.granularity}: {answer.chart.kind}-chart"
        return Drawn("control", title, answer.chart.reading, notes, drawing)

    return _picture(request, viewer, session, (ControlPicture, control.MORE), (read_control, draw))


@router.get(
    "/distribution.png",
    operation_id="distribution_png",
    response_class=Response,
    responses=offered([Format.PNG]),
    openapi_extra=described(DistributionPicture, OF_PICTURES),
)
@router.get(
    "/distribution.svg",
    operation_id="distribution_picture",
    response_class=Response,
    openapi_extra=described(DistributionPicture, OF_PICTURES),
)
def get_distribution(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """How the answers are spread over their options, as a picture."""

    def draw(answer: DistributionAnswer, frame: Frame) -> Drawn:
        note = "Bars are shares of the answers that count; the thin line is where the true share likely is (95%)."
        drawing = draw_distribution(answer, frame)
        return Drawn("distribution", "How answers are spread", distribution_sentence(answer), [note], drawing)

    return _picture(request, viewer, session, (DistributionPicture, {}), (read_distribution, draw))


@router.get(
    "/heatmap.png",
    operation_id="heatmap_png",
    response_class=Response,
    responses=offered([Format.PNG]),
    openapi_extra=described(HeatPicture, heat.MORE | OF_PICTURES),
)
@router.get(
    "/heatmap.svg",
    operation_id="heatmap_picture",
    response_class=Response,
    openapi_extra=described(HeatPicture, heat.MORE | OF_PICTURES),
)
def get_heatmap(request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession) -> Response:
    """When answers are given in your own teams, as a picture."""

    def draw(answer: HeatAnswer, frame: Frame) -> Drawn:
        counts = answer.query.metric == "n"
        of = "Answers" if counts else "Positive answers, in percent,"
        note = "Local hours, from the one named to the next." + (
            "" if counts else " A cross: too few for a percentage."
        )
        title = f"{of} by weekday and hour"
        return Drawn("heatmap", title, heatmap_sentence(answer), [note], draw_heatmap(answer, frame))

    return _picture(request, viewer, session, (HeatPicture, heat.MORE), (read_heatmap, draw))


@router.get(
    "/funnel.png",
    operation_id="funnel_png",
    response_class=Response,
    responses=offered([Format.PNG]),
    openapi_extra=described(FunnelPicture, breakdown.MORE | OF_PICTURES),
)
@router.get(
    "/funnel.svg",
    operation_id="funnel_picture",
    response_class=Response,
    openapi_extra=described(FunnelPicture, breakdown.MORE | OF_PICTURES),
)
def get_funnel(request: Request, viewer: Reader, session: OpenSession) -> Response:
    """Which teams, devices, questions... differ from all together by more than their n explains, as a picture."""

    def draw(answer: FunnelAnswer, frame: Frame) -> Drawn:
        notes = [f"{number}: {described_part(row)}." for number, row in enumerate(told_apart(answer), start=1)]
        reading = funnel_sentence(answer, answer.query.by)
        return Drawn(
            "funnel", f"Each {answer.query.by} beside all together", reading, notes, draw_funnel(answer, frame)
        )

    return _picture(request, viewer, session, (FunnelPicture, breakdown.MORE), (read_funnel, draw))


def _picture(
    request: Request,
    viewer: Any,
    session: Any,
    asked: tuple[type[Any], dict[str, str]],
    how: tuple[Callable[..., BaseModel], Callable[[Any, Frame], Drawn]],
) -> Response:
    """`asked`: the question and the meanings of its own parameters; `how`: read the rows, draw them."""
    query = read_query(request.query_params.multi_items(), asked[0], asked[1] | OF_PICTURES)

    def draw() -> str:
        ready = resolve(session, query, viewer, request.app.state.now())
        refuse_what_is_to_come(ready)
        with blamed():
            answer = how[0](session, ready, links(request))
        frame = next(each for each in FRAMES if each.name == query.width)
        return _rendered(request, answer, frame, how[1](answer, frame))

    if request.url.path.endswith(Format.PNG):
        return pictured(request, viewer, session, lambda: as_png(draw()), {})
    return pictured(request, viewer, session, draw, _own_style())


def _rendered(request: Request, answer: Any, frame: Frame, drawn: Drawn) -> str:
    size = frame.font_size
    top = [*lines_of(drawn.title, frame.width * 0.9, size)]
    below = lines_of(subject(answer), frame.width, size)
    reading = lines_of(drawn.reading, frame.width, size)
    notes = [line for note in drawn.notes for line in lines_of(note, frame.width, size)]
    head = (len(top) + len(below)) * LINE * size + 0.6 * size
    foot = head + drawn.drawing.height + 0.6 * size
    template = request.app.state.templates.get_template("picture.svg.jinja")
    text: str = template.render(
        drawn=drawn,
        drawing=drawn.drawing,
        frame=frame,
        style=_style(),
        margin=MARGIN_PX,
        line=LINE * size,
        title_lines=top,
        subject_lines=below,
        reading_lines=reading,
        note_lines=notes,
        head=round(head, 1),
        foot=round(foot, 1),
        height=round(foot + (len(reading) + len(notes)) * LINE * size + size, 1),
    )
    return text


@cache
def _style() -> str:
    return (STATIC / "chart.css").read_text(encoding="utf-8")


@cache
def _own_style() -> dict[str, str]:
    """A picture that is opened by itself brings its own style sheet, and may use that one and nothing else."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return {"Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"}
