"""Files as people would export them."""

HEADER = "answered_at,team,questionnaire,version,food,hands,overall,language,assisted,reference"
FIRST = "2026-02-02T09:15:00Z,day,ward,1,good,yes,poor,en,no,A-1"
SECOND = "2026-02-03T23:30,night,ward,1,fair,,good,,yes,A-2"
THIRD = "2026-02-04T08:00+01:00,day,ward,1,poor,no,fair,en,,A-3"


def made(*rows, header=HEADER):
    return "\n".join([header, *rows, ""]).encode()
