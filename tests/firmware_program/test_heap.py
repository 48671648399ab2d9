"""The bar of memory: the whole application from bytecode on the first heap of an ESP32, over 1,000 responses."""

import pytest

from tests.device_directory import make_device
from tests.device_program import answers, run

RESPONSES = 1000
FREE_MIN = 0.40  # of the heap, after a collection


def share_free(status):
    return status["heap_free"] / (status["heap_free"] + status["heap_used"])


def test_1000_responses_leave_two_fifths_of_the_heap_free(tmp_path, record_property):
    directory = make_device(tmp_path / "device")
    passes = [line for number in range(RESPONSES) for line in (*answers(1, 2, 3, 4, 1 + number % 5), "wait 9000")]
    done = run(directory, "status", *passes, "status", quiet=True)
    assert done.errors == ""
    assert len(done.named("thanked")) == RESPONSES
    first, last = done.named("status")
    for status in (first, last):
        print(f"heap: {status['heap_used']} bytes used, {status['heap_free']} free, {share_free(status):.1%} free")
    record_property("heap_used", last["heap_used"])
    assert share_free(last) >= FREE_MIN
    assert last["heap_used"] - first["heap_used"] < 2048  # nothing piles up


@pytest.mark.parametrize("heap", ["42wk", "46wk", "50wk"])
def test_a_device_that_finds_no_memory_for_a_sync_says_so_and_goes_on(tmp_path, heap):
    directory = make_device(tmp_path / "device", ca_der=b"\x30")
    done = run(directory, *["sync", "status"] * 5, *answers(1, 2, 3, 4, 5), quiet=True, heap=heap)
    assert done.errors == ""
    assert all("not enough memory" in event["error"] for event in done.named("synced"))
    used = [status["heap_used"] for status in done.named("status")]
    assert max(used[1:]) <= used[0] + 200  # nothing piles up
    assert len(done.named("thanked")) == 1
