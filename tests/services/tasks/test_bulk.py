"""Several tasks at once: each is changed or its reason told, and none stops another."""

import pytest

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import users
from chalicelib.services.accounts.access import APPLICATION, Caller
from chalicelib.services.projects import membership, projects
from chalicelib.services.tasks import bulk, lifecycle, removal
from tests.support.aws_faults import meanwhile, wrong

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.fixture
def five(cloud):  # noqa: ARG001 -- the tables must be there first
    return [lifecycle.create_task({"title": str(number)}) for number in range(5)]


def column(column_id):
    return [int(task.task_id) for task in Task.by_column.query(column_id)]


def test_tasks_are_moved_to_the_end_of_a_column_in_their_order(five):
    lifecycle.create_task({"title": "there", "column_id": "2"})
    wanted = [five[3], five[0], five[4]]

    outcomes = bulk.change_all(wanted, APPLICATION, bulk.moved_to(2, wanted))

    assert column(2) == [6, five[3], five[0], five[4]]
    assert column(1) == [five[1], five[2]]
    assert [after.column_id for _, after in outcomes.done] == [2, 2, 2]


def test_a_task_that_was_removed_closed_or_moved_away_meanwhile_is_told_and_stops_no_other(five):
    projects.add_project("Other")
    other = lifecycle.create_task({"title": "x", "project_id": "2"})
    removal.remove_task(five[0])
    lifecycle.close_task(five[1])
    wanted = [*five[:3], other]

    outcomes = bulk.change_all(wanted, APPLICATION, bulk.moved_to(2, wanted))

    assert [after.task_id for _, after in outcomes.done] == [five[2]]
    assert outcomes.failed == {
        five[0]: "was removed meanwhile",
        five[1]: "was closed meanwhile",
        other: "is in another project",
    }


def test_tasks_are_closed_assigned_and_tagged_and_keep_their_other_tags(five):
    users.add_user("ada", "a password")
    lifecycle.update_task(five[0], {}, tags=["urgent"])

    for change in (bulk.closed, bulk.assigned_to("2"), bulk.tagged(["ops", "urgent"])):
        outcomes = bulk.change_all(five[:2], APPLICATION, change)
        assert outcomes.failed == {}

    found = [lifecycle.find_task(one) for one in five[:2]]
    assert [(task.is_active, task.owner_id, len(task.tags)) for task in found] == [(0, 2, 2)] * 2


def test_a_change_by_another_meanwhile_is_kept_and_the_change_is_made_over_it(five):
    def rename():
        lifecycle.update_task(five[0], {"title": "renamed"})

    with wrong("UpdateItem", meanwhile(rename), '"taskhook-dev-tasks"', times=1):
        outcomes = bulk.change_all([five[0]], APPLICATION, bulk.closed)

    [(before, after)] = outcomes.done
    assert (after.title, after.is_active) == ("renamed", 0)
    assert after.version == before.version + 1


def test_tasks_of_projects_in_which_somebody_is_no_member_are_not_changed(five):
    ada = users.add_user("ada", "a password")
    membership.set_role(1, int(ada.id), "project-viewer", is_member=False)

    outcomes = bulk.change_all(five[:1], Caller(ada), bulk.closed)

    assert outcomes == ([], {five[0]: "was removed meanwhile"})
    assert lifecycle.find_task(five[0]).is_active == 1


@pytest.mark.parametrize("count", [0, 101])
def test_no_task_and_too_many_are_refused(count):
    with pytest.raises(Refused) as refused:
        bulk.change_all(range(1, count + 1), APPLICATION, bulk.closed)

    assert refused.value.reasons == {"tasks": f"takes 1 to 100 tasks, not {count}"}


def test_a_change_that_nobody_could_make_is_refused_before_any_task(five):
    for make in (lambda: bulk.assigned_to("99"), lambda: bulk.tagged([])):
        with pytest.raises(Refused):
            make()
    assert lifecycle.find_task(five[0]).version == 1
