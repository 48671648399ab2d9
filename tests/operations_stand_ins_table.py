"""The commands of docs/operations.md that a test machine does not run as they are typed, each with its reason.

Everything that is not named here runs as it is typed, with other paths and ports.
"""

STAND_INS = {
    "apt-get": "needs root and the network: nothing is installed; the names of the packages are looked at",
    "git": "there is a repository already: nothing is cloned",
    "make": "`make setup` has made the .venv that this runs in",
    "useradd": "needs root: all runs under the account of the tests",
    "install": "is run without owner and group, which are not here; files of deploy/ get this machine's paths",
    "cp": "is run; files of deploy/ get this machine's paths",
    "runuser": "is run as this account; createuser, createdb and dropdb are those of the tests' PostgreSQL",
    "systemctl": "systemd does not run here: starts and ends what a unit's ExecStart says, with its EnvironmentFile; "
    "the broker's lines in the journal are those of its log",
    "flash.py": "no devices are plugged in (tests/tools flashes to a mock): enrols over HTTPS for real and gives the "
    "identities to simulated devices; `label` is run",
}
