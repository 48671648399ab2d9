"""Two who import the same file at once bring it once."""

from concurrent.futures import ThreadPoolExecutor

from server.ingest.tables import Response
from tests.server.imports.files import FIRST, SECOND, made
from tests.server.imports.test_bring import run
from tests.server.ingest.ward import Ward


def test_the_same_file_five_times_at_once_counts_once(engine):
    ward = Ward(engine)
    with ThreadPoolExecutor(5) as pool:
        reports = list(pool.map(lambda _: run(ward, made(FIRST, SECOND)), range(5)))
    assert sorted(report.new for report in reports) == [0, 0, 0, 0, 2]
    assert len(ward.rows(Response)) == 2
    ward.check_sums()
