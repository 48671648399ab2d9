"""`pet` many times without its start: one process that has everything loaded forks for each command.

`python operations_program.py serve SOCKET` is that process; anything else is a command, given to it with its files,
folder and environment. A command is a process of its own, as always.
"""

import json
import os
import signal
import socket
import sys

FILES = [0, 1, 2]
READ_BYTES = 1 << 16


def serve(path):
    """Until it is killed."""
    from server.main import main  # noqa: PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever attends ends unseen
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                _attend(connection, main)
            connection.close()


def _attend(connection, main):
    """In a child: run the command in a child of its own, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, files, _, _ = socket.recv_fds(connection, READ_BYTES, len(FILES))
    asked = json.loads(data)
    pid = os.fork()
    if pid == 0:
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["pet", *asked["words"]]
        code = 1
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def ask(path, words):
    """Run a command there; its exit code."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        asked = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
        socket.send_fds(connection, [json.dumps(asked).encode()], FILES)
        return int(connection.recv(16) or b"1")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(ask(os.environ["PET_TEST_PROGRAM"], sys.argv[1:]))
