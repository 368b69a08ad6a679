"""The operator's command line: `python manage.py`, and `taskhook` once it is installed."""

import gc

if __name__ == "__main__":
    gc.disable()  # nothing is garbage until all is loaded

import os
import sys
from pathlib import Path

from chalicelib.domain.errors import Refused, StoreUnavailable, TaskhookError
from chalicelib.domain.printable import one_line
from tools import exit_codes
from tools.command_line import parse
from tools.printing import limited, show
from tools.verbs.parts import Args

_HERE = Path(__file__).resolve().parent
_HINT = "; AWS needs a region and credentials; for a local run, add --local"


def main() -> None:
    """Run one command."""
    program = Path(sys.argv[0]).name
    args = parse(sys.argv[1:], program)
    try:
        sys.exit(_run(args))
    except SystemExit as ended:
        if isinstance(ended.code, str):  # a variable of the environment that cannot be used
            print(ended.code, file=sys.stderr)
            raise SystemExit(exit_codes.BAD_INPUT) from None
        raise
    except TaskhookError as error:
        is_astray = type(error) is StoreUnavailable and not args.local
        sys.exit(_complain(program, error, _HINT if is_astray else ""))
    except KeyboardInterrupt:
        sys.exit(exit_codes.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(args: Args) -> int:
    if args.local:
        import local

        args.address = local.connect(args.data_dir or _data_dir())
    if not _agreed(args):
        return exit_codes.FAILED
    # Imported late: these modules read the environment.
    from tools import commands

    command = getattr(commands, args.command)
    gc.enable()
    answer = command(args)
    is_list = "limit" in vars(args)
    shown = limited(answer, args.limit, is_json=args.json) if is_list else answer
    show(shown, is_json=args.json)
    if is_list and len(shown) < len(answer):
        print(f"only {len(shown)} shown: --limit 0 shows all", file=sys.stderr)
    return exit_codes.FAILED if isinstance(answer, commands.Failure) else 0


def _agreed(args: Args) -> bool:
    """Ask before something is destroyed. Raises Refused where nobody can be asked.

    Scripts call `manage.py`, which never asked: without a terminal it goes on.
    """
    if not args.question or args.yes:
        return True
    if not sys.stdin.isatty():
        if args.program == "manage.py":
            return True
        raise Refused({"--yes": f"is required without a terminal. {args.question}"})
    sys.stderr.write(one_line(f"{args.question} [y/N] "))
    sys.stderr.flush()
    is_agreed = sys.stdin.readline().strip().lower() in {"y", "yes"}
    if not is_agreed:
        print("nothing was changed", file=sys.stderr)
    return is_agreed


def _data_dir() -> Path:
    here = Path(".data")
    return here if here.exists() else _HERE / here


def _complain(program: str, error: Exception, hint: str = "") -> int:
    print(one_line(f"{program}: {error}{hint}"), file=sys.stderr)
    return exit_codes.code_of(error)


if __name__ == "__main__":
    main()
