"""The templates: ours first, then those of NHS.UK frontend, and the words that they use for figures."""

from pathlib import Path

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader

from server.web.words import bucket_name, interval, percent

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_PATH = "/static"
NHSUK_STYLE = "vendor/nhsuk-frontend-10.6.1/nhsuk-frontend.min.css"


def make_templates() -> Environment:
    """NHS.UK frontend's own templates look into parameters that need not exist, hence ChainableUndefined."""
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(HERE / "templates"), PackageLoader("nhsuk_frontend_jinja")],
        ),
        undefined=ChainableUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        style=NHSUK_STYLE,
        static=lambda name: f"{STATIC_PATH}/{name}",
        percent=percent,
        interval=interval,
        bucket_name=bucket_name,
    )
    return environment
