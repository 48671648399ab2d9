"""Few answers on few devices, and what outsiders may see of them counted by hand, by the rule in server/measures."""

import random
from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally, tallies
from server.aggregates.periods import Period
from server.aggregates.scope import Names, find_place, find_scope
from server.ingest.rollup_tables import RollupRevision
from server.ingest.rollup_withheld import close_months
from server.ingest.store import write_responses
from server.measures.positivity import Counts
from server.measures.suppression import Filled, Thresholds, filter_published, published
from tests.server.figures import QUESTIONS, Pass

FIRST, TODAY = date(2026, 4, 20), date(2026, 8, 10)  # June 2026 begins on a Monday
HORIZON = date(2026, 8, 1)
ALL_TIME = Period(None, None)
WORDS = list(QUESTIONS)
TEAM_OF = {"PET-1": "haywood", "PET-2": "haywood", "PET-3": "north"}  # north is alone in its service
SERVICE_OF = {"haywood": "beds", "leek": "beds", "north": "home"}


def sparse_passes(seed, devices):
    """Week by week few or none; one device begins late, one is moved to another team, one week has next to nothing."""
    dice = random.Random(seed)
    late = FIRST + timedelta(weeks=dice.randrange(6))
    for number, (serial, device) in enumerate(devices.items()):
        typical = dice.choice((4, 6, 9))
        for week in range(16):
            monday = FIRST + timedelta(weeks=week)
            if number == 1 and monday < late:
                continue
            team = "leek" if number == 0 and week > 9 and seed % 2 else TEAM_OF[serial]
            for _ in range(dice.choice((0, 1, typical, typical, typical, 2 * typical, 3 * typical))):
                answers = tuple(dice.choice((1, 1, 2, dice.choice((3, 14)))) for _ in WORDS)
                day = monday + timedelta(days=dice.randrange(7))
                flags = 2 if dice.random() < dice.choice((0.1, 0.5)) else 0
                yield Pass(device, day, answers, team=team, flagged=dice.random() < 0.03, flags=flags, stage=number)


def counts_of(passes, word):
    """The answers to one question by what they mean."""
    found = dict.fromkeys(Counts._fields, 0)
    for each in passes:
        answer = each.answers[WORDS.index(word)]
        if answer:
            found["skipped" if answer == 14 else QUESTIONS[word][answer - 1]] += 1
    return Counts(**found)


def filled(passes, word):
    counts = counts_of(passes, word)
    return Filled(counts.positive + counts.neutral + counts.negative, sum(counts))


def week_of(day):
    return day - timedelta(days=day.weekday())


def month_of(day):
    return day.replace(day=1)


class Outsider:
    """What one who is outside all teams but `inside` may see of these passes."""

    def __init__(self, passes, inside=(), threshold=5, category=None):
        self.cells = defaultdict(list)  # (device, team, question) -> passes
        self.inside, self.thresholds, self.category = inside, Thresholds(threshold), category
        for each in passes:
            if not each.flagged:
                for word in WORDS:
                    self.cells[each.device, each.team, word].append(each)

    def split(self, atom, bucket_of):
        found = defaultdict(list)
        for each in self.cells[atom]:
            found[bucket_of(each.day)].append(each)
        return found

    def is_shown(self, atom, bucket_of, bucket):
        weeks, months = (
            {start: filled(some, atom[2]) for start, some in self.split(atom, of).items()} for of in (week_of, month_of)
        )
        shown = published(weeks, months, TODAY, self.thresholds)
        if self.category is None:
            return bucket in (shown.weeks if bucket_of is week_of else shown.months)
        categories = defaultdict(list)
        for each in self.split(atom, month_of)[bucket]:
            categories[self.category(each)].append(each)
        return filter_published([filled(some, atom[2]) for some in categories.values()], self.thresholds)

    def tallies(self, key_of, bucket_of, first, after, keep=lambda _: True):
        """{key: (counts, withheld)} over whole buckets from `first` up to `after`."""
        found = {}
        for atom in list(self.cells):
            for bucket, some in self.split(atom, bucket_of).items():
                if not first <= bucket < after:
                    continue
                counts = counts_of(filter(keep, some), atom[2])
                if not sum(counts):
                    continue
                shown = atom[1] in self.inside or self.is_shown(atom, bucket_of, bucket)
                chosen = counts.positive + counts.neutral + counts.negative + counts.excluded
                one = Tally(counts if shown else Counts(), withheld=0 if shown else chosen)
                key = key_of(*atom, bucket)
                found[key] = found.get(key, Tally()).plus(one)
        return {key: (tally.counts, tally.withheld) for key, tally in found.items()}


class World:
    """Passes in a transaction that is never committed, asked about by an outsider.

    `kept`: whether ingest has closed the months that are over, or what is withheld is found when it is asked for.
    """

    def __init__(self, figures, connection, passes, inside=(), *, kept=True):
        self.figures, self.inside = figures, inside
        write_responses(connection, [figures.row(each, connection) for each in passes])
        close_months(connection, figures.organisation_id, HORIZON)
        if not kept:
            connection.execute(update(RollupRevision).values(withheld_before=date.min))
        self.session = Session(bind=connection)

    def scope(self, min_n=5, **names):
        inside = frozenset(self.figures.teams[team] for team in self.inside)
        reach = {Right.SEE_FIGURES: None, Right.SEE_DETAIL: inside}
        viewer = Viewer(self.figures.organisation_id, "board", reach)
        place = find_place(self.session, self.figures.organisation_id)
        return find_scope(self.session, place, Names(**names), viewer, TODAY, min_n)

    def tallies(self, period=ALL_TIME, by=(), **names):
        return tallies(self.session, self.scope(**names), period, by)
