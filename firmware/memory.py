"""Modules that are in memory only while they are used: the heap has no room for everything at once.

Live Python must stay small, or TLS finds no memory on an ESP32 (docs/adr/0006-modules-on-demand.md).
"""

import gc
import sys


def loaded() -> "set[str]":
    """The names of the modules in memory now: what `forget_since` goes back to."""
    return set(sys.modules)


def forget(name: str) -> None:
    """Let go of one module, to be loaded again when it is needed. Nobody may use it any more; its memory is given back
    when next something is collected.
    """
    sys.modules.pop(name, None)


def forget_since(before: "set[str]") -> None:
    """Drop every module that was imported after `before`, and give its memory back. Nobody may still use one."""
    gc.collect()  # perhaps it is for want of memory that we are here
    for name in list(sys.modules):
        if name in before:
            continue
        del sys.modules[name]
        package, _, last = name.rpartition(".")
        if package in sys.modules and hasattr(sys.modules[package], last):
            delattr(sys.modules[package], last)
    gc.collect()
