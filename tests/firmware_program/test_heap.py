"""The bar of memory: the whole application from bytecode on the first heap of an ESP32, over 1,000 responses."""

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


def test_a_sync_for_which_there_is_no_memory_gives_back_what_it_took(tmp_path):
    for heap in ("42wk", "44wk", "46wk", "48wk"):
        directory = make_device(tmp_path / heap)
        tries = ["sync", "status"] * 4
        done = run(directory, "status", *tries, *answers(1, 2, 3, 4, 5), quiet=True, heap=heap)
        assert done.errors == ""
        used = [status["heap_used"] for status in done.named("status")]
        assert "memory" in done.named("synced")[0]["error"]
        assert max(used[1:]) - used[0] < 3000  # new names stay
        assert used[-1] - used[1] < 100
        assert len(done.named("thanked")) == 1
