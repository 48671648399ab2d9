"""What a roll-out costs ingest: statuses with a desired state, chunks a second, and batches beside them."""

from time import perf_counter

from protocol.envelope import CONTENT_REQUEST
from protocol.messages import ITEM_QUESTIONNAIRE, ContentRequest, encode_content_request
from tests.server.roll_out import Operator, chunks_for, greet

DEVICES = 30
REQUESTS = 40


def test_print_the_figures(ward):
    operator = Operator(ward)
    handhelds = [ward.handheld(f"{number}") for number in range(DEVICES)]

    def statuses(what):
        messages = [handheld.status() for handheld in handhelds]
        started = perf_counter()
        for message in messages:
            ward.process(message)
        print(f"{1000 * (perf_counter() - started) / DEVICES:.1f} ms for a status, {what}")

    statuses("nothing desired, first")
    statuses("nothing desired")
    operator.assign()
    operator.set_all()
    operator.say()
    statuses("three items desired")
    digest = greet(ward, handhelds[0])[1][ITEM_QUESTIONNAIRE, 0].digest
    for handheld in handhelds:
        greet(ward, handheld)

    def batches(what, fetching):
        request = encode_content_request(ContentRequest(digest, 0, 8))
        took, chunks = [], 0
        for number in range(REQUESTS):
            handheld = handhelds[number % DEVICES]
            for _ in range(100):
                handheld.answer()
            beside = [each.sealed(CONTENT_REQUEST, request) for each in handhelds] if fetching else []
            batch = handheld.batch()
            started = perf_counter()
            replies = ward.process(batch, *beside)
            took.append(perf_counter() - started)
            handheld.take([reply for reply in replies if reply.topic.endswith("ack")])
            chunks += sum(len(chunks_for(each, replies)) for each in handhelds)
        took.sort()
        print(f"{1000 * took[len(took) // 2]:.1f} ms for a batch of 100, {what}; {chunks / sum(took):,.0f} chunks/s")

    batches("alone", fetching=False)
    batches(f"with {DEVICES} devices fetching", fetching=True)
    started = perf_counter()
    operator.set("sleep_after_s", 5)
    print(f"{1000 * (perf_counter() - started):.0f} ms for a change that all {DEVICES} devices should hold")
    ward.check_sums()
