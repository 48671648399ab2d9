"""docs/security.md against RIGHTS: a right or role that only one of them has turns this red."""

from server.accounts.rights import RIGHTS, Right, Role
from tests.parts import ROOT


def documented():
    """role -> rights, as the table says."""
    lines = (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| right |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    roles, found = rows[0][1:], {}
    assert {cell for row in rows[2:] for cell in row[1:]} == {"yes", ""}
    for number, role in enumerate(roles, start=1):
        found[role] = {row[0] for row in rows[2:] if row[number] == "yes"}
    return found, [row[0] for row in rows[2:]]


def test_the_table_says_what_is_enforced():
    found, rights = documented()
    assert found == {role.value: {right.value for right in RIGHTS[role]} for role in Role}
    assert rights == [right.value for right in Right]


def test_somebody_may_do_everything_only_by_two_roles():
    """Who makes the people neither sets the targets nor takes the evidence away."""
    assert set().union(*RIGHTS.values()) == set(Right)
    assert all(rights < set(Right) for rights in RIGHTS.values())
