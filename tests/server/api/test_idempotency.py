"""A creating request that is sent twice creates once, also where both arrive at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

PATH = "/api/v1/recognition"


@pytest.fixture
def post(figures, site):
    assert figures

    def send(key=None, **more):
        body = {"team": "haywood", "title": "Warm food"} | more
        return site._client.post(PATH, json=body, headers={"idempotency-key": key} if key else {})

    return send


def items(site):
    return len(site.get(PATH).json()["data"])


def test_a_repetition_gets_the_same_answer_and_creates_nothing(post, site):
    first, again = post("a"), post("a")
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert items(site) == 1
    assert post("b").json() != first.json()
    assert post().status_code == post().status_code == 201
    assert items(site) == 4


def test_a_key_belongs_to_its_request(post, site):
    post("a")
    refused = post("a", title="Clean ward")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/header/Idempotency-Key")
    assert post("x" * 101).status_code == 422
    assert items(site) == 1


def test_what_was_refused_keeps_no_key(post, site):
    assert post("a", team="nowhere").status_code == 404
    assert post("a").status_code == 201
    assert items(site) == 1


def test_twins_that_arrive_together_create_once(post, site):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post("a"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert items(site) == 1
