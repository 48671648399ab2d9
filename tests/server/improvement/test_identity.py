"""Words that could tell who a patient is are refused; what staff really write is not."""

import pytest

from server.improvement.identity import PatientIdentityError, identities, refuse_identity


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("NHS 943 476 5919 said it was cold", "an NHS number"),
        ("9434765919", "an NHS number"),
        ("943-476-5919.", "an NHS number"),
        ("born 12/03/1941", "a date of birth"),
        ("12.3.41, bed 4", "a date of birth"),
        ("1941-03-12", "a date of birth"),
        ("12th of March 1941", "a date of birth"),
        ("March 12, 1941", "a date of birth"),
        ("DOB on file", "a date of birth"),
        ("hospital number on the wrist", "hospital number"),
        ("call her on 01782 555 0143", "a telephone number"),
        ("+44 (0)7700 900123", "a telephone number"),
        ("07700900123", "a telephone number"),
        ("daughter: a.person@example.org", "an e-mail address"),
    ],
)
def test_what_looks_like_a_patient_is_recognised(words, kind):
    assert any(kind in found for found in identities(words))
    with pytest.raises(PatientIdentityError, match=r"^words holds what looks like .* not who said it"):
        refuse_identity(words=words)


def test_the_error_does_not_repeat_the_identity():
    with pytest.raises(PatientIdentityError) as error:
        refuse_identity("steps", 1, source="fine", words="9434765919")
    assert error.value.steps == ("steps", 1, "words")
    assert "943" not in str(error.value)


@pytest.mark.parametrize(
    "words",
    [
        "Meals arrive at 12.30 and are cold by 12.45; 24 % (48/200) say fair or poor.",
        "Three of ten patients waited 45 minutes on ward 3, bays 1-4.",
        "Order 1234567890 for 20 gel pumps, 2026 budget, 10/12 beds.",  # ten digits, no check digit
        "Version 1.2.3 of the menu; 100,000 meals a year; score 8 of 10.",
        "Discussed again in March 2026, week 2026-W12, action @ handover",
        "0800 to 1000 and 12 - 14",
    ],
)
def test_what_staff_write_is_let_through(words):
    assert list(identities(words)) == []


def test_only_a_right_check_digit_makes_an_nhs_number():
    assert not list(identities("943 476 5918"))
