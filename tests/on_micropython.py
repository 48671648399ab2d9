"""Runs one test file under MicroPython: calls every test_ function, exits 1 when one fails."""

import gc
import sys


def load(path):
    """The module of a file such as tests/protocol/test_record.py, imported from the project's root."""
    name = path[: -len(".py")].replace("/", ".")
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return module


def run(module):
    """The number of functions called and the number that failed."""
    failed = 0
    names = sorted(name for name in dir(module) if name.startswith("test_"))
    for name in names:
        gc.collect()
        try:
            getattr(module, name)()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            failed += 1
            print("FAIL", name)
            sys.print_exception(error)
        else:
            print("PASS", name)
    return len(names), failed


if __name__ == "__main__":
    sys.path.pop(0)  # this file's directory: in it `firmware` and `protocol` are directories of tests
    called, failed = run(load(sys.argv[1]))
    print(called, "called,", failed, "failed")
    sys.exit(1 if failed or not called else 0)
