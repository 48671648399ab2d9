"""Asks for a device's serial to be typed before something that cannot be taken back."""

from __future__ import annotations

import typer

from tools.flashing.errors import InputError


def confirm(name: str, typed: str | None, question: str, nothing: str) -> None:
    """That whoever asks knows which device it is. `typed`: as an option said it; None: ask for it.

    `nothing` says what was not done, in the words of the refusal. Raises InputError.
    """
    if typed is None:
        try:
            typed = typer.prompt(question, err=True)
        except typer.Abort:
            raise InputError(f"nobody typed the serial: {nothing}. Scripts say --confirm SERIAL.") from None
    if str(typed).strip() != name:
        raise InputError(f"{typed!r} is not what this device is called: {nothing}. Look at its label again.")
