"""Scheduled work and its mails: due once, done once, sent at most once, and of a reader's own teams only."""

import re
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.backup.hold import WORDS, begin, release
from server.demo.certificates import make_certificates
from server.reports.due import of_month, of_week
from server.reports.jobs import run_once
from server.reports.outbox import SENDING, UNSURE
from server.reports.restoring import leave_unsent
from server.reports.sending import send_waiting
from server.reports.tables import JobRun, Mail
from tests.server.reports.conftest import Office
from tests.server.reports.post_office import PostOffice


@pytest.fixture
def post(tmp_path):
    office = PostOffice(tmp_path)
    office.controller.start()
    yield office
    office.controller.stop()


@pytest.fixture
def settings(settings, post):
    """Of the application too: an issued report goes out by the same server."""
    return post.settings(settings, web_names="")


@pytest.fixture
def passes(engine, settings, clock):
    """`passes()` is a pass of `pet jobs run`; it must not fail."""

    def run(engine=engine):
        done = run_once(engine, settings, clock)
        assert done.failed == []
        return done.what

    return run


def rows(engine, table):
    with Session(engine) as session:
        return session.query(table).order_by(*table.__table__.primary_key.columns).all()


def test_work_is_due_by_the_organisation_s_own_calendar():
    monday = datetime(2026, 11, 23, 6, 59, tzinfo=UTC)
    assert of_week(monday, 7).name == "2026-W46"
    assert of_week(monday + timedelta(minutes=1), 7) == ("2026-W47", date(2026, 11, 16), monday.date())
    assert of_month(datetime(2027, 1, 3, 5, tzinfo=UTC)).name == "2026-11"
    assert of_month(datetime(2027, 1, 3, 6, tzinfo=UTC)).name == "2026-12"


@pytest.mark.usefixtures("story")
def test_a_manager_s_digest_holds_nothing_of_another_service(office, post, passes):
    everybody = {
        "anna": {"manager": "service:beds"},
        "nora": {"manager": "service:home"},
        "ben": {"board": "organisation"},
        "gone": {},
    }
    for name, roles in everybody.items():
        someone = office(name, **roles)
        someone.post("/subscriptions", {"what": "digest"}, 201 if roles else 403)
    assert any("digest 2026-W47: 2 mails" in line for line in passes())
    assert sorted(to for to, _ in post.mails) == ["anna@example.org", "nora@example.org"]  # the board has no new month
    anna = office_of(office, "boss")
    ours = post.text("anna@example.org")
    assert "North" not in ours
    assert "Haywood" not in post.text("nora@example.org")
    summary = Office(anna.client).get("/stats/summary", service="beds", **{"from": "2026-11-16", "to": "2026-11-23"})
    [row] = summary["data"]
    flat = " ".join(ours.split())
    assert f"Week of 16 November 2026: {row['responses']} responses" in flat
    assert f"{row['positivity']:.1f}% of {row['n']} answers are positive" in flat
    assert all(heading in ours for heading in ("WHAT CHANGED", "WHAT IS ONLY NOISE", "WHAT TO DO NEXT"))


def office_of(office, name):
    return office(name, administrator="organisation")


@pytest.mark.usefixtures("story")
def test_nothing_is_done_or_sent_twice_and_what_was_missed_is_made_up_once(office, post, passes, engine, clock):
    office("anna", manager="service:beds").post("/subscriptions", {"what": "digest"}, 201)
    together = [threading.Thread(target=passes) for _ in range(2)]
    for each in together:
        each.start()
    for each in together:
        each.join()
    passes()
    assert len(post.mails) == 1
    assert [row.due for row in rows(engine, JobRun)] == ["2026-W47", "2026-W47", "2026-10"]  # detection, digest, drafts
    clock.wait(weeks=3, hours=4)  # nothing ran for three weeks
    passes()
    passes()
    assert len(post.mails) == 2
    assert "Week of 7 December 2026" in post.mails[1][1]["Subject"]


@pytest.mark.usefixtures("story")
def test_drafts_of_the_month_are_made_and_left_alone_afterwards(office, passes, clock):
    boss = office_of(office, "boss")
    mine = boss.issued(kind="board")["report"]
    passes()
    found = {(row["kind"], row["service"]): row["state"] for row in boss.get("/reports")["data"]}
    assert found == {
        ("monthly", "beds"): "draft",
        ("monthly", "home"): "draft",
        ("commissioner", None): "draft",
        ("board", None): "issued",
    }
    before = boss.get(f"/reports/{mine}")
    clock.wait(minutes=10)
    passes()
    assert boss.get(f"/reports/{mine}") == before


@pytest.mark.usefixtures("story")
def test_a_crash_between_the_server_s_word_and_ours_is_told_and_never_repeated(
    office, post, passes, engine, clock, settings
):
    for name in ("anna", "beth", "cora", "dora"):
        office(name, manager="service:beds").post("/subscriptions", {"what": "digest"}, 201)
    post.answers = {
        "beth@example.org": "451 later",
        "cora@example.org": "550 nobody here",
        "dora@example.org": "hang up",
    }
    meanwhile = []
    post.watch = lambda: meanwhile.append([mail.state for mail in rows(engine, Mail)].count(SENDING))
    passes()
    assert meanwhile == [1, 1]  # said before the server hears of it: whoever dies now has left it so
    states = {mail.address.partition("@")[0]: mail.state for mail in rows(engine, Mail)}
    assert states == {"anna": "sent", "beth": "waiting", "cora": "refused", "dora": "unsure"}
    post.answers = {}
    clock.wait(minutes=6)
    passes()
    passes()
    assert [to.partition("@")[0] for to, _ in post.mails] == ["anna", "dora", "beth"]  # dora's was taken, once
    # A process that ended after the server's word: its mail is found on the way.
    with engine.begin() as connection:
        connection.execute(text("UPDATE mail SET state = 'sending', content = 'x', ended_at = NULL WHERE mail_id = 1"))
    assert send_waiting(engine, settings, clock) == 0
    assert rows(engine, Mail)[0].state == UNSURE != SENDING
    assert len(post.mails) == 3


@pytest.mark.usefixtures("story")
def test_a_mail_server_with_another_authority_s_certificate_gets_nothing(
    office, post, engine, settings, clock, tmp_path
):
    office("anna", manager="service:beds").post("/subscriptions", {"what": "digest"}, 201)
    others = make_certificates(tmp_path / "others", ("localhost",)).authority_pem
    mistaken = post.settings(settings, smtp_ca_file=others)
    run_once(engine, mistaken, clock)
    assert post.mails == post.attempts == []
    assert rows(engine, Mail)[0].state == "waiting"
    run_once(engine, settings, clock)
    assert len(post.mails) == 1


@pytest.mark.usefixtures("story")
def test_an_issued_report_goes_to_its_list_and_one_click_ends_it(office, post, passes, visit):
    boss = office_of(office, "boss")
    for name, roles in {"carl": {"commissioner": "organisation"}, "nora": {"manager": "service:home"}}.items():
        office(name, **roles).post("/subscriptions", {"what": "commissioner"}, 201)
    number = boss.issued(kind="commissioner")["report"]
    passes()
    [(to, mail)] = post.mails  # nora may not read what is of the whole
    assert to == "carl@example.org"
    [attached] = mail.iter_attachments()
    assert attached.get_content() == boss.ask("GET", f"/reports/{number}.pdf", 200).content
    assert [row["state"] for row in boss.get(f"/reports/{number}")["deliveries"]] == ["sent"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.search(r"/unsubscribe/[\w-]+", mail["List-Unsubscribe"])[0]
    stranger = visit()
    assert "Stop these mails" in stranger.get(path).text  # a program that only follows links stops nothing
    assert len(boss.get("/subscriptions")["data"]) == 2
    assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [row["name"] for row in boss.get("/subscriptions")["data"]] == ["nora"]
    assert stranger.post(path).status_code == 200
    assert stranger.post(path[:-1] + "_").status_code == 404


@pytest.mark.usefixtures("story")
def test_after_a_restore_nothing_goes_out_a_second_time(office, post, passes, engine, clock):
    office("anna", manager="service:beds").post("/subscriptions", {"what": "digest"}, 201)
    with Session(engine) as session, session.begin():
        begin(session)
    assert passes() == [f"nothing is done: {WORDS}"]
    with Session(engine) as session, session.begin():
        leave_unsent(session, clock())
        release(session)
    passes()
    assert post.mails == []
    clock.wait(weeks=1)
    passes()
    assert len(post.mails) == 1
