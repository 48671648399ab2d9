"""Examples of the pages of questionnaires; those of the interface, before them, make a draft."""

from tests.server.accounts.example import Example

HERE = "/questionnaires/{questionnaire}"
VERSION = HERE + "/versions/{version}"

EXAMPLES = [
    Example("GET /questionnaires", hides=("PET-1",)),
    Example(f"GET {HERE}", hides=("PET-1",)),
    Example(f"GET {VERSION}"),
    Example(f"GET {VERSION}/screens/{{screen}}.png"),
    Example(f"GET {VERSION}/file"),
]
