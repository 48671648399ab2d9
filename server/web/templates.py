"""The templates, the parts of NHS.UK frontend that they use, and the words that they use for figures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from server.web.figures.kinds import page_of
from server.web.words import bucket_name, interval, percent

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_PATH = "/static"
NHSUK_STYLE = "vendor/nhsuk-frontend-10.6.1/nhsuk-frontend.min.css"
HTMX = "vendor/htmx.org-2.0.11/htmx.min.js"  # a page that refreshes parts of itself loads it in its head
NHSUK_PARTS = {  # folder: macro
    "breadcrumb": "breadcrumb",
    "button": "button",
    "checkboxes": "checkboxes",
    "error-summary": "errorSummary",
    "input": "input",
    "inset-text": "insetText",
    "radios": "radios",
    "select": "select",
    "skip-link": "skipLink",
    "tag": "tag",
    "textarea": "textarea",
    "warning-callout": "warningCallout",
}


def make_templates() -> Environment:
    """Our own templates; a name in them that nothing gives is an error, not an empty place."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["error_link"] = lambda found: {"href": f"#{found[0]}", "text": found[1]}
    environment.filters["crumb"] = lambda crumb: {"href": crumb[0], "text": crumb[1]}
    environment.globals.update(
        nhsuk=_nhsuk_parts(),
        style=NHSUK_STYLE,
        htmx=HTMX,
        static=lambda name: f"{STATIC_PATH}/{name}",
        percent=percent,
        interval=interval,
        page_of=page_of,
        bucket_name=bucket_name,
    )
    return environment


def _nhsuk_parts() -> SimpleNamespace:
    """NHS.UK frontend's macros; they look into parameters that need not exist, so they have a looser environment."""
    environment = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"), undefined=ChainableUndefined, autoescape=True
    )
    macros: dict[str, Any] = {}
    for folder, macro in NHSUK_PARTS.items():
        module = environment.get_template(f"nhsuk/components/{folder}/macro.jinja").module
        macros[macro] = getattr(module, macro)
    return SimpleNamespace(**macros)
