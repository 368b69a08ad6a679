"""Whatever happens in whatever order: schedules end, and receivers end where the tasks do."""

import json
from collections import defaultdict
from datetime import timezone
from email.utils import format_datetime, formatdate

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.tables import Delivery, Endpoint
from chalicelib.domain.retries import (
    LONGEST_RETRY_AFTER,
    Verdict,
    give_up_at,
    judge,
    next_due,
    wait_asked,
)
from chalicelib.services.endpoints import endpoints
from chalicelib.services.tasks import lifecycle, removal
from tests.support.cloud import dispatch, retry
from tests.support.receivers import Inbox

NOW = 1_700_000_000.0
ALL = ["task.created", "task.modified", "task.removed"]

dates = st.integers(-(10**6), 4 * 10**9).map(
    lambda seconds: formatdate(max(seconds, 0), usegmt=True)
)
headers = st.one_of(
    st.just(""),
    st.floats().map(str),
    st.integers().map(str),
    dates,
    st.datetimes(timezones=st.just(timezone.utc)).map(format_datetime),
    st.text(max_size=10),
)
answers = st.tuples(
    st.sampled_from([200, 204, 302, 410, 429, 500, 503]),
    st.sampled_from(["", "disable", "abort-message", "?"]),
    headers,
    st.floats(0, 1),  # the jitter
    st.floats(0, 1e5),  # how late the attempt is made
)
delays = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=11)


@settings(max_examples=300)
@given(delays, st.floats(0, 1), st.lists(answers, min_size=20, max_size=20))
def test_whatever_a_receiver_answers_its_schedule_goes_on_within_bounds_and_ends(
    delays, jitter, answers
):
    now, attempts, last_at = NOW, 0, give_up_at(NOW, delays, jitter)
    for status, wish, header, drawn, late in answers:
        attempts += 1
        if judge(status, {"webhook-delivery": wish}) is not Verdict.RETRY or now > last_at:
            break
        due_at = next_due(attempts, now, delays, drawn * jitter, wait_asked(header, now))
        if due_at is None:
            break
        delay = delays[attempts - 1]
        assert now + delay <= due_at <= now + max(delay * (1 + jitter), LONGEST_RETRY_AFTER) + 1e-3
        now = due_at + late

    assert attempts <= len(delays) + 1
    assert now <= last_at + LONGEST_RETRY_AFTER + max(delays) * (1 + jitter) + 1e5 + 1e-3


class Story:
    """What happened to some tasks, and to those who heard of it."""

    def __init__(self, cloud, inboxes):
        """Begin with no endpoints but these, and nothing on its way."""
        for table in (Delivery, Endpoint):
            for row in table.scan():
                row.delete()
        cloud.records()
        cloud.messages()
        self.cloud, self.inboxes, self.tasks, self.batch, self.events = cloud, inboxes, [], [], 0
        self.states: dict[int, tuple[str, str] | None] = {}  # of each task; None: it was removed
        for inbox in inboxes:
            endpoints.add_endpoint(inbox.url, ALL)

    def add(self, number):
        """Add a task."""
        task_id = lifecycle.create_task({"title": str(number)})
        self.tasks.append(task_id)
        self.states[task_id] = (str(number), "blue")

    def change(self, number):
        """Give a task a title and a colour."""
        if self.tasks:
            task_id, colour = (
                self.tasks[number % len(self.tasks)],
                ("red", "blue", "green")[number % 3],
            )
            lifecycle.update_task(task_id, {"title": str(number), "color_id": colour})
            self.states[task_id] = (str(number), colour)

    def remove(self, number):
        """Remove a task."""
        if self.tasks:
            task_id = self.tasks.pop(number % len(self.tasks))
            removal.remove_task(task_id)
            self.states[task_id] = None

    def pump(self, _=0):
        """Hand the new records on."""
        self.batch = self.cloud.records()
        self.events += len(self.batch)
        dispatch(self.batch)

    def repeat(self, number):
        """Hand the last records on again, from one of them on."""
        dispatch(self.batch[number % (len(self.batch) or 1) :])

    def turn(self, number):
        """Let a receiver answer otherwise from now on."""
        self.inboxes[number % 2].status = (204, 500, 302, 503)[number % 4]

    def fail(self, number):
        """Let a receiver fail while a task is changed twice."""
        inbox = self.inboxes[number % 2]
        inbox.status = 500
        self.change(number)
        self.change(number + 1)
        self.pump()
        inbox.status = 204

    def retry(self, number):
        """Let what waits be due; its messages come so many times."""
        self.cloud.make_due()
        retry(self.cloud.sweep() * (1 + number % 2))

    def end(self):
        """Let all be well, and go on until nothing waits."""
        for inbox in self.inboxes:
            inbox.status = 204
        self.pump()
        for _ in range(12):
            if all(row.due_at is None for row in Delivery.scan()):
                return
            self.cloud.retry_due()


STEPS = [
    "add",
    "change",
    "change",
    "remove",
    "pump",
    "pump",
    "repeat",
    "repeat",
    "turn",
    "turn",
    "fail",
    "retry",
]
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=5, max_size=12)


def heard_by(inbox):
    """Return each task's versions and states as a receiver that drops known ids sees them."""
    heard, ids = defaultdict(list), set()
    for post in inbox.received:
        if post.headers["webhook-id"] not in ids:
            ids.add(post.headers["webhook-id"])
            task, is_there = (
                json.loads(post.body),
                post.headers["X-Taskhook-Event"] != "task.removed",
            )
            state = (task["title"], task["color_id"]) if is_there else None
            heard[task["task_id"]].append((int(post.headers["X-Taskhook-Task-Version"]), state))
    return heard


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
@example(steps=[("fail", 0), ("retry", 0), ("repeat", 0)])
@example(
    steps=[
        ("pump", 0),
        ("fail", 1),
        ("repeat", 1),
        ("remove", 0),
        ("pump", 0),
        ("repeat", 0),
        ("retry", 1),
    ]
)
def test_whatever_happens_each_receiver_ends_where_the_tasks_do(cloud, steps):
    with Inbox() as one, Inbox() as other:
        story = Story(cloud, (one, other))
        for name, number in [("add", 0), *steps]:
            getattr(story, name)(number)
        story.end()

    rows = list(Delivery.scan())
    assert len(rows) == 2 * story.events
    assert {row.status for row in rows} <= {"delivered", "superseded"}
    for inbox in (one, other):
        heard = heard_by(inbox)
        assert {task_id: told[-1][1] for task_id, told in heard.items()} == story.states
        for told in heard.values():
            assert [version for version, _ in told] == sorted({version for version, _ in told})
