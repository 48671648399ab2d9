"""`pet`: the server's command line. It names every command of every capability; processes start here."""

import typer

from server.accounts.audit_log_commands import audit_log
from server.accounts.commands import person, token
from server.authority.commands import ca
from server.backup import commands as backup
from server.command_line import run
from server.cores import leave_none
from server.demo.commands import demo
from server.evidence import commands as evidence
from server.fft.commands import fft
from server.fleet import commands as fleet
from server.fleet.audit_commands import audits
from server.fleet.device_commands import device
from server.fleet.enrolment_commands import enrolment
from server.fleet.league_commands import league
from server.fleet.rollout_commands import fleet as fleet_list
from server.fleet.rollout_commands import release, text
from server.fleet.settings_commands import settings
from server.fleet.subject_commands import directorate, objective, topic
from server.imports.commands import import_
from server.ingest.commands import ingest, quarantine, watch_broker
from server.migrations import upgrade
from server.reports.commands import jobs
from server.settings import load_settings

app = typer.Typer(
    name="pet",
    help="Patient Experience Tracker. Settings come from the environment: PET_DATABASE_URL and others.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# --- processes ------------------------------------------------------------------------------------
app.command()(ingest)


@app.command()
def web() -> None:
    """Serve the pages and the interface on this machine (PET_WEB_HOST, PET_WEB_PORT) until told to stop."""
    from server.web.commands import serve  # noqa: PLC0415 - no other command needs FastAPI, which takes its time

    serve()


app.add_typer(jobs, name="jobs")
app.command()(demo)


# --- the database ---------------------------------------------------------------------------------
@app.command()
def migrate() -> None:
    """Bring the database to this version's schema. Safe to repeat."""
    print(upgrade(load_settings().database()))


app.command()(backup.backup)
app.command("restore")(backup.restore_backup)
app.command()(backup.restored)


# --- people ---------------------------------------------------------------------------------------
app.add_typer(person, name="person")
app.add_typer(token, name="token")


# --- the fleet ------------------------------------------------------------------------------------
app.add_typer(fleet.organisation, name="organisation")
app.add_typer(directorate, name="directorate")
app.add_typer(fleet.service, name="service")
app.add_typer(fleet.team, name="team")
app.add_typer(fleet.location, name="location")
app.add_typer(device, name="device")
app.add_typer(enrolment, name="enrolment")
app.add_typer(topic, name="topic")
app.add_typer(objective, name="objective")
app.add_typer(fleet.questionnaire, name="questionnaire")
app.add_typer(fleet.target, name="target")
app.add_typer(league, name="league")
app.add_typer(settings, name="settings")
app.add_typer(text, name="text")
app.add_typer(release, name="release")
app.command("fleet")(fleet_list)
app.command()(audits)
app.add_typer(import_, name="import")
app.command()(fft)
app.add_typer(fleet.broker, name="broker")
app.add_typer(fleet.key, name="key")
app.add_typer(ca, name="ca")
app.add_typer(quarantine, name="quarantine")

# --- evidence and audit ---------------------------------------------------------------------------
app.add_typer(audit_log, name="audit-log")
app.command()(evidence.rebuild)
app.add_typer(evidence.retention, name="retention")
app.command("export-evidence")(evidence.export_evidence)
device.command("correct-placement")(evidence.correct_placement)
fleet.broker.command("watch")(watch_broker)


def main() -> None:
    """The entry point of `pet`."""
    leave_none()
    run(app)


if __name__ == "__main__":
    main()
