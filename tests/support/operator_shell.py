"""A shell for operator commands in 0.1 s: `aws` and `taskhook` in this process.

`Shell` puts two small programs where a script finds them; they hand their arguments to a server
(this module, run as a program) that has imported what both need, and that runs them one after the
other.
"""

import io
import os
import socketserver
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_PROGRAM = """#!/bin/bash -e
given=$(cat)  # the server runs one at a time: none may wait there for what another one has to say
exec 3<>/dev/tcp/127.0.0.1/$SHELL_PORT
printf '%s\\0' "$TABLE_PREFIX" "$given" "$#" "${0##*/}" "$@" >&3
answer=$(cat <&3)
printf '%s' "${answer%$'\\n'*}"
exit "${answer##*$'\\n'}"
"""


_MAKE = f"""#!/bin/bash -e
unset AWS_ENDPOINT_URL_SQS  # the queues of a stack are where the stack is
PATH=${{PATH#*:}} exec make --no-print-directory -C {ROOT} -o .venv/ready "$@"
"""


class Shell:
    """Bash with a fast `aws` and `.venv/bin/taskhook`, and a `make` that installs nothing."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        """Start the server.

        Args:
            folder: Where scripts run.
            environ: What the programs find in their environment.
        """
        for program in (folder / "bin/aws", folder / ".venv/bin/taskhook"):
            program.parent.mkdir(parents=True)
            program.write_text(_PROGRAM)
            program.chmod(0o755)
        (folder / "bin/make").write_text(_MAKE)
        (folder / "bin/make").chmod(0o755)
        self._folder = folder
        command = [sys.executable, "-m", "tests.support.operator_shell"]
        # What one command has read is nothing that the next one may go by.
        own = {**environ, "SETTINGS_TTL": "0"}
        self._server = subprocess.Popen(
            command, cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        port = self._server.stdout.readline().strip()
        self._environ = {
            **environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{environ['PATH']}",
            "SHELL_PORT": port,
        }

    def __enter__(self) -> "Shell":  # noqa: PYI034 -- Self is of Python 3.11
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self._server.kill()
        self._server.communicate()

    def run(self, script: str, **variables: str) -> str:
        """Run a script that must go well to its end, and return what it says."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._folder,
            env=self._environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class _Command(socketserver.StreamRequestHandler):
    """One command."""

    server: "_Server"

    def handle(self) -> None:
        prefix, given, count = (self._field() for _ in range(3))
        program, *arguments = (self._field() for _ in range(int(count) + 1))
        assert prefix == os.environ["TABLE_PREFIX"], "the server has read another one"
        sys.stdin = io.StringIO(given)
        for number in (1, 2):
            os.dup2(self.connection.fileno(), number)
        code = self.server.exit_code_of(program, arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"\n{code}".encode())

    def _field(self) -> str:
        held = bytearray()
        while (byte := self.rfile.read(1)) != b"\0":
            held += byte
        return held.decode()


class _Server(socketserver.TCPServer):
    """Has imported beforehand what a command needs."""

    request_queue_size = 32

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Command)
        from awscli.clidriver import create_clidriver  # noqa: PLC0415 -- only the server needs these

        import manage  # noqa: PLC0415

        self._aws, self._manage = create_clidriver(), manage.main

    def exit_code_of(self, program: str, arguments: list[str]) -> object:
        """Run a command."""
        try:
            if program == "aws":
                # This version of the CLI takes the URL of SQS from nowhere else.
                return self._aws.main(
                    ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *arguments]
                )
            sys.argv = [program, *arguments]
            self._manage()
        except SystemExit as ended:
            return ended.code or 0
        return 0


def main() -> None:
    """Say the port, and serve until killed."""
    with _Server() as server:
        print(server.server_address[1], flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
