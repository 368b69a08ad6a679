"""Steps in the life of a stack, each with what it says and what there is after it."""

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from tools.package import ROOT
from tools.stack import StackError

STACK = "taskhook-dev"


class Step(NamedTuple):
    """What a step said, and what there is after it."""

    said: str
    code: dict[str, str]
    """The hash of what each function runs."""
    tables: list[str]
    titles: list[str]
    """Of the tasks."""


def step(do: Callable[..., Any], *args: Any, **options: Any) -> Step:
    """Return a step's output, the reason if it fails, and what exists then."""
    with redirect_stdout(io.StringIO()) as said:
        try:
            do(*args, **options)
        except StackError as error:
            print(f"failed: {error}")
    functions = boto3.client("lambda").list_functions()["Functions"]
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    tasks = boto3.client("dynamodb").scan(TableName=f"{STACK}-tasks")["Items"] if tables else []
    return Step(
        said.getvalue(),
        {function["FunctionName"]: function["CodeSha256"] for function in functions},
        sorted(tables),
        [task["title"]["S"] for task in tasks],
    )


def run(command: Sequence[str | Path], **options: Any) -> None:
    """Run a program, and print what it prints."""
    print(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout)


def make_deploy(out: Path) -> None:
    """Run what `make deploy` runs after packaging."""
    run([sys.executable, "-m", "tools.deploy", "deploy", "--stage", "dev", "--out", out], cwd=ROOT)


def answering(line: str, do: Callable[..., Any], *args: Any) -> None:
    """Do a step, and type a line when it asks for one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(line))
        do(*args)
