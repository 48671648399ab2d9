"""The chart of a report, drawn from its snapshot by the functions that draw it on pages."""

from functools import cache
from typing import Any

from jinja2 import Environment

from server.api.stats.control import ControlAnswer
from server.web.chart import WIDE, Frame
from server.web.control_chart import draw_control
from server.web.lettering import lines_of
from server.web.templates import STATIC, make_templates

LINE = 1.45  # of the font size


def weeks_picture(snapshot: dict[str, Any], frame: Frame = WIDE, *, styled: bool = True) -> str:
    """As SVG. `styled`: it brings its style sheet along; a page has that already."""
    answer = ControlAnswer.model_validate(snapshot["weeks"])
    drawing = draw_control(answer, frame)
    notes = [line for flag in drawing.flags for line in lines_of(flag.words, frame.width, frame.font_size)]
    svg: str = (
        templates()
        .get_template("picture.svg.jinja")
        .render(
            drawn={
                "template": "control",
                "title": f"Positive answers by {answer.query.granularity}",
                "reading": answer.chart.reading,
            },
            drawing=drawing,
            frame=frame,
            style=_style() if styled else "",
            margin=4,
            line=LINE * frame.font_size,
            title_lines=[],
            subject_lines=[],
            reading_lines=[],
            note_lines=notes,
            head=0,
            foot=round(drawing.height + 0.3 * frame.font_size, 1),
            height=round(drawing.height + (len(notes) + 0.5) * LINE * frame.font_size, 1),
        )
    )
    if styled:
        return svg
    svg = svg.replace("<style></style>", "").replace('class="chart"', f'class="chart chart--{frame.name}"', 1)
    return svg.replace("picture-title", f"{frame.name}-title").replace("picture-description", f"{frame.name}-text")


@cache
def templates() -> Environment:
    """Of the pages."""
    return make_templates()


@cache
def _style() -> str:
    return (STATIC / "chart.css").read_text(encoding="utf-8")
