"""What an item of a payload does: it creates, changes or closes the one task of its key."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from chalicelib.adapters import metrics
from chalicelib.adapters.dynamodb.new_rows import is_new
from chalicelib.adapters.dynamodb.store import ConditionFailed, Conflict, transaction
from chalicelib.adapters.dynamodb.tables import Link, Task
from chalicelib.domain.errors import Refused, RowBroken, RowRefused, StoreUnavailable
from chalicelib.domain.payloads import CHANGED, CLOSED, CREATED, FAILED, IGNORED, Mapped
from chalicelib.domain.wishes import changed_fields, digests_of
from chalicelib.services import optimistic_locking
from chalicelib.services.sources import placing
from chalicelib.services.sources.new_keys import NEW_KEYS
from chalicelib.services.sources.outcomes import Outcome
from chalicelib.services.sources.receipts import Receipt
from chalicelib.services.tasks import changes, lifecycle, places


class Sender(NamedTuple):
    """Who changes tasks here: a source, and how many Taskhooks its payload has passed."""

    source_id: str
    hops: int

    @property
    def marks(self) -> dict[str, Any]:
        """The fields of a task that say who changed it last."""
        return {"source": self.source_id, "hops": self.hops or None}

    def marks_of_new(self, key: str | None) -> dict[str, Any]:
        """Return those of a new task, with the link of its key."""
        return self.marks | {"link": None if key is None else link_id(self.source_id, key)}


def apply(sender: Sender, item: Mapped, receipt: Receipt) -> None:
    """Do what an item says, once: task, link and outcome are written together or not at all.

    Raises:
        Repeated, UnderWay: Another run has carried the payload out, or does.
        StoreUnavailable: The item is not known to be done.
    """
    for _ in optimistic_locking.conflict_retries():
        if (done := receipt.done_before(item.digest)) is not None:
            receipt.settle(done)
            return
        try:
            _apply(sender, item, receipt)
        except (ConditionFailed, Conflict):
            receipt.look()
        except (Refused, RowBroken, RowRefused) as error:
            receipt.settle(Outcome(item.digest, FAILED, item.key, reason=str(error)))
            return
        else:
            return
    raise StoreUnavailable("the task is being changed by too many others")


def _apply(sender: Sender, item: Mapped, receipt: Receipt) -> None:
    if item.key is None:
        _do(sender, item, None, receipt)
        return
    name, link = link_id(sender.source_id, item.key), None
    if _seems_new(sender, item, name):
        is_made, link = _create_unseen(sender, item, name, receipt)
        if is_made:
            return
    link = link or Link.find(name)
    NEW_KEYS.note(sender.source_id, name, was_new=link is None)
    _do(sender, item, link, receipt)


def _create_unseen(
    sender: Sender, item: Mapped, name: str, receipt: Receipt
) -> tuple[bool, Link | None]:
    """Make a task without a read of its link; return whether it is made, and the link if not."""
    try:
        _create(sender, item, None, receipt)
    except ConditionFailed as failed:
        return False, Link.in_the_way(failed, name)
    except (Refused, RowBroken, RowRefused):
        return False, None  # a change of the task that the key may have takes less than a new task
    NEW_KEYS.note(sender.source_id, name, was_new=True)
    return True, None


def _seems_new(sender: Sender, item: Mapped, name: str) -> bool:
    # A new task adds tags to its project, even if it is not written then.
    if item.closes or (item.wish or {}).get("tags"):
        return False
    return NEW_KEYS.is_likely(sender.source_id, name)


def _do(sender: Sender, item: Mapped, link: Link | None, receipt: Receipt) -> None:
    task = open_task(link)
    if item.closes:
        _close(sender, item, task, receipt)
    elif link is None or task is None:
        _create(sender, item, link, receipt)
    else:
        _change(sender, item, link, task, receipt)


@lru_cache(maxsize=64)  # it is asked three times for one item
def link_id(source_id: str, key: str) -> str:
    """Return the name of the row that says which task stands for a key."""
    return "link:" + hashlib.sha256(f"{source_id}/{key}".encode()).hexdigest()


def open_task(link: Link | None) -> Task | None:
    """Return the task that stands for a key, None where it is closed or gone."""
    task = None if link is None else Task.find(int(link.task_id))
    return task if task is not None and task.is_active else None


def _create(sender: Sender, item: Mapped, seen: Link | None, receipt: Receipt) -> None:
    previous = None if seen is None else int(seen.task_id)
    wish = item.wish or {}
    fields, left_out = placing.new_fields(wish, item.key, previous)
    task = lifecycle.new_task(fields | sender.marks_of_new(item.key))
    outcome = Outcome(item.digest, CREATED, item.key, int(task.task_id), placing.said(left_out))
    with transaction() as writes:
        writes.save(task, condition=is_new("task_id"))
        if item.key is not None:
            written = _without(digests_of(wish), left_out)
            link = _link(sender.source_id, item.key, int(task.task_id), previous, written)
            link.replace(writes, seen)
        receipt.write_in(writes, outcome)
    metrics.count("TasksAdded")
    receipt.settle(outcome, is_written=True)


def _change(sender: Sender, item: Mapped, seen: Link, task: Task, receipt: Receipt) -> None:
    wish = item.wish or {}
    changed = {name: wish[name] for name in changed_fields(wish, seen.digests)}
    previous = None if seen.previous is None else int(seen.previous)
    fields, left_out = placing.changes(changed, int(task.project_id), previous)
    wanted = changes.differing(task, fields)
    written = {**seen.digests, **_without(digests_of(changed), left_out)}
    outcome = Outcome(item.digest, CHANGED, item.key, int(task.task_id), placing.said(left_out))
    if not wanted:
        outcome = outcome._replace(outcome=IGNORED, reason=outcome.reason or "changes nothing")
    if written == seen.digests and not wanted:
        receipt.settle(outcome)
        return
    with transaction() as writes:
        if wanted:
            task.change_in(writes, wanted | sender.marks)
        link = _link(sender.source_id, item.key or "", int(task.task_id), previous, written)
        link.replace(writes, seen)
        receipt.write_in(writes, outcome)
    receipt.settle(outcome, is_written=True)


def _close(sender: Sender, item: Mapped, task: Task | None, receipt: Receipt) -> None:
    if task is None:
        receipt.settle(
            Outcome(item.digest, IGNORED, item.key, reason="no task of this key is open")
        )
        return
    outcome = Outcome(item.digest, CLOSED, item.key, int(task.task_id))
    closed = changes.differing(task, lifecycle.closing(task))
    with places.kept(task, closed), transaction() as writes:
        task.change_in(writes, closed | sender.marks)
        receipt.write_in(writes, outcome)
    receipt.settle(outcome, is_written=True)


def _link(
    source_id: str, key: str, task_id: int, previous: int | None, written: Mapping[str, str]
) -> Link:
    return Link(
        link_id(source_id, key),
        task_id=task_id,
        previous=previous,
        written=json.dumps(written),
        source_id=source_id,
        key=key,
    )


def _without(digests: Mapping[str, str], left_out: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of what was written: what was left out may be known later."""
    return {name: digest for name, digest in digests.items() if name not in left_out}
