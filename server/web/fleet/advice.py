"""What to do about an alert, in plain words: for whoever stands beside the device, and for who looks after it."""

from typing import NamedTuple

from server.fleet.alerts import Kind


class Advice(NamedTuple):
    """`title` takes the number of handhelds; `one` is said of a single one."""

    title: str
    one: str
    do: str


ADVICE = {
    Kind.REFUSED_MESSAGES: Advice(
        "{} whose messages are refused",
        "Its messages are refused",
        "Somebody may be using its account, or its keys are not those on record. Ask where it is. If it is not in your "
        "hands, revoke it; if it is, give it new keys at a bench.",
    ),
    Kind.OVERDUE: Advice(
        "{} silent for too long",
        "It is silent",
        "Find it, press any button, and see whether it shows the network. Charge it if it stays dark. What was "
        "answered on it is kept there. If nobody can find it, mark it lost.",
    ),
    Kind.LOW_BATTERY: Advice(
        "{} with a low battery",
        "Its battery is low",
        "Put it on its charger today: soon it lets nobody begin. Nothing that was answered is lost.",
    ),
    Kind.LOST_RECORDS: Advice(
        "{} that lost answers",
        "It lost answers",
        "These answers could not be read any more and will never arrive; the figures say so. If more are lost, send "
        "it for repair: its memory is failing.",
    ),
    Kind.REFUSED: Advice(
        "{} that refused what they should hold",
        "It refused what it should hold",
        "It works with what it had before. Whoever looks after the fleet should read why on its page before the same "
        "is sent to others.",
    ),
    Kind.STORAGE: Advice(
        "{} nearly full",
        "It is nearly full",
        "Bring it where it has the network until its answers have been sent. When it is full it takes no more.",
    ),
    Kind.CLOCK: Advice(
        "{} with a wrong clock",
        "Its clock is wrong",
        "It sets its clock by itself at its next contact. If it comes again, its small battery is worn out: send it "
        "for repair. Answers of that time may have no date.",
    ),
}
KINDS = tuple(ADVICE)  # the most urgent first
