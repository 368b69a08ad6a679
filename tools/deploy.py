"""Deploy the output of `make package`, roll it back, or destroy everything but the data.

boto3 finds the credentials and the region. A release is a zip and a template in a bucket, named by
their content: a repeated deployment changes only the differences.
"""

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.printable import one_line
from tools import plan, releases, table_indexes
from tools.account import account_parameters, require_access, require_concurrency
from tools.first_start import admin_password, bootstrap
from tools.package import OUT, STAGES
from tools.retained_tables import require_as_declared, require_changeable, tables_left
from tools.stack import Stack, StackError

ASKING = {"prod"}
"""The stages that ask for confirmation before a deployment."""

PROTECTION = "DeletionProtection"
"""The parameter for DynamoDB's deletion protection."""

_NEVER_RAN = {
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
    "REVIEW_IN_PROGRESS",
}
_NOT_TAKEN_UP = {"IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED"}
"""Without outputs, such a stack never ran either: its import of existing tables failed."""

_DESTROYED = """\
This deletes {name}: its URL, functions, queues and logs. A new deployment gets another URL.
These tables are kept, with backups of the last 35 days, and the next deployment reuses them:
{tables}
The releases in the bucket and the password of admin are kept too.
A deployment within 24 hours reads the changes of that time again. An endpoint then receives
those that it missed because it was disabled or did not exist yet."""


def deploy(stage: str, out: Path, *, is_agreed: bool = False) -> None:
    """Deploy a folder's release and print its URL; show the plan first, and ask in prod.

    Raises:
        StackError: It could not be; the message says why.
    """
    stack = _stack(stage)
    _clear(stack)
    bucket = releases.bucket_of(stack.name)
    outputs = stack.outputs()
    release, template = releases.read(stage, out, bucket, outputs)
    require_concurrency(stack.name, template)
    _require_changeable_tables(stack, template)
    is_running = release == outputs.get("Release")
    if is_running and stack.parameters().get(PROTECTION) == _default(template, PROTECTION):
        print(f"Nothing has changed: {stack.name} runs release {release}.")
    else:
        print(f"Deploying release {release} as {stack.name}")
        url, parameters = releases.keep(out, bucket, template), account_parameters()
        os.environ["TABLE_PREFIX"] = f"{stack.name}-"  # before anything of chalicelib reads it
        plan.show(stack, template, url, parameters)
        if stage in ASKING and not is_agreed and typed(f"Type {stage} to continue: ") != stage:
            raise StackError("nothing was changed")
        _bring(stack, template, url, parameters)
    _tell(stack)


def show_plan(stage: str, out: Path, *, as_json: bool) -> None:
    """Show what deploying a folder's release would do; it uploads it and changes nothing.

    Raises:
        StackError: It could not be done; the message says why.
    """
    stack = _stack(stage)
    _require_idle(stack)
    bucket = releases.bucket_of(stack.name)
    _, template = releases.read(stage, out, bucket, stack.outputs())
    require_concurrency(stack.name, template)
    _require_changeable_tables(stack, template)
    os.environ["TABLE_PREFIX"] = f"{stack.name}-"
    facts = plan.facts_of(
        stack, template, releases.keep(out, bucket, template), account_parameters()
    )
    print(json.dumps(facts, indent=1) if as_json else "\n".join(plan.lines_of(facts)))


def rollback(stage: str) -> None:
    """Go back to the previous release.

    Raises:
        StackError: There is none, or it failed; the message says why.
    """
    stack = _stack(stage)
    _require_changeable(stack)
    outputs = stack.outputs()
    if "ReleaseBefore" not in outputs:
        raise StackError(f"{stack.name} has no previous release")
    template, url = releases.way_back(releases.bucket_of(stack.name), outputs)
    require_changeable(stack.name, template, going_back=True)
    before = outputs["ReleaseBefore"]
    print(f"Going back from release {outputs['Release']} to {before}; stored data is kept")
    stack.update(url, account_parameters())
    print(f"{stack.name} runs release {before} at {outputs['Url']}")


_KEPT = """Kept tables still cost storage; to delete one for good:
  aws dynamodb update-table --no-deletion-protection-enabled --table-name TABLE
  aws dynamodb delete-table --table-name TABLE"""


def destroy(stage: str) -> None:
    """Delete the stack, once its stage was typed; the data stay.

    Raises:
        StackError: It was not typed, or it could not be; the message says why.
    """
    stack = _stack(stage)
    if not stack.status():
        raise StackError(f"there is no {stack.name}")
    _require_idle(stack)
    tables = stack.tables()
    print(_DESTROYED.format(name=stack.name, tables="\n".join(f"  {table}" for table in tables)))
    if typed(f"Type {stage} to continue: ") != stage:
        raise StackError("nothing was destroyed")
    stack.delete()
    print(f"{stack.name} is deleted. {_KEPT}")


def _stack(stage: str) -> Stack:
    return Stack(f"taskhook-{stage}", {"taskhook:stage": stage})


def typed(question: str) -> str:
    """Return the typed answer to a question; empty without a terminal."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def _clear(stack: Stack) -> None:
    """Prepare the stack for creation or change."""
    status = stack.status()
    if status in _NEVER_RAN or (status in _NOT_TAKEN_UP and not stack.outputs()):
        print(
            f"{stack.name} is {status}: it is deleted first and created again. "
            f"Existing tables are kept."
        )
        stack.delete()
    else:
        _require_changeable(stack)


def _require_changeable_tables(stack: Stack, template: Mapping[str, Any]) -> None:
    if stack.status():  # else its tables are imported, and compared in full
        require_changeable(stack.name, template)


def _require_changeable(stack: Stack) -> None:
    _require_idle(stack)
    if (status := stack.status()) == "UPDATE_ROLLBACK_FAILED":
        cure = f"aws cloudformation continue-update-rollback --stack-name {stack.name}"
        raise StackError(f"{stack.name} is {status}: run {cure}, and try again")


def _require_idle(stack: Stack) -> None:
    """Raise if another change is in progress; a stack in review does not count."""
    status = stack.status()
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise StackError(
            f"{stack.name} is {status}: another change is in progress. Try again when it has ended"
        )


def _bring(
    stack: Stack, template: Mapping[str, Any], url: str, parameters: Mapping[str, str]
) -> None:
    """Update or create the stack, importing tables of an earlier one."""
    if stack.status():
        stack.update(url, parameters)
    elif left := tables_left(stack.name, template):
        require_as_declared(stack.name, template, left)
        table_indexes.bring(template, left)
        print(f"Importing {len(left)} existing tables")
        stack.adopt(template, left)
        stack.update(url, parameters)
    else:
        # A failed creation deletes its tables, which protection would prevent.
        stack.create(url, {**parameters, PROTECTION: "false"})
        if _default(template, PROTECTION) != "false":
            stack.update(url, parameters)


def _default(template: Mapping[str, Any], parameter: str) -> str:
    return str(template["Parameters"][parameter]["Default"])


def _tell(stack: Stack) -> None:
    """Create the first settings, and print the URLs."""
    outputs = stack.outputs()
    parameter = admin_password(stack.name)
    token = bootstrap(stack.name, parameter)
    url = outputs["Url"]
    print(f"\nTaskhook runs at {url}")
    if "DomainTarget" in outputs:
        print(f"  point its domain name to: {outputs['DomainTarget']}")
    print(f"  settings page: {url}settings")
    print(f"  password of admin: aws ssm get-parameter --with-decryption --name {parameter}")
    print(f"  add a task: curl '{url}?controller=task&action=add&token={token}&title=mySuperTask'")


def main() -> None:
    """Run the command for a stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("check", "plan", "deploy", "rollback", "destroy"))
    parser.add_argument("--stage", default="dev", choices=STAGES)
    parser.add_argument("--yes", action="store_true", help="deploy to prod without asking")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="the folder that holds what was packaged"
    )
    asked = parser.parse_args()
    try:
        require_access()
        if asked.verb == "deploy":
            deploy(asked.stage, asked.out, is_agreed=asked.yes)
        elif asked.verb == "plan":
            show_plan(asked.stage, asked.out, as_json=asked.json)
        elif asked.verb != "check":
            {"rollback": rollback, "destroy": destroy}[asked.verb](asked.stage)
    except (BotoCoreError, ClientError, StackError) as error:
        lines = f"{asked.verb}: {error}".split("\n")
        raise SystemExit("\n".join(map(one_line, lines))) from error


if __name__ == "__main__":
    main()
