"""One search over all projects: what it finds, what it reads, and where it stops."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.services.accounts.access import APPLICATION
from chalicelib.services.projects import project_items, projects
from chalicelib.services.tasks import comments, lifecycle, searching, searching_everywhere
from tests.web import test_reads


def ids(answer):
    return {
        int(project.id): [int(row["task_id"]) for row in rows] for project, rows in answer.found
    }


def search(text, **how):
    return searching_everywhere.search_everywhere(
        projects.list_projects(), text, APPLICATION, **how
    )


@pytest.fixture
def two_projects(cloud):  # noqa: ARG001 -- the tables must be there first
    """Two open tasks and a closed one, and one in another project, which alone has a tag."""
    projects.add_project("Website")
    for title in ("Write one", "Write two", "Write three"):
        lifecycle.create_task({"title": title})
    lifecycle.create_task({"title": "Write four", "project_id": "2"}, tags=["urgent"])
    lifecycle.close_task(3)
    lifecycle.close_task(2)


@pytest.mark.usefixtures("two_projects")
def test_a_search_finds_tasks_of_every_project_the_open_ones_first():
    assert ids(search("write")) == {1: [1, 3, 2], 2: [4]}


@pytest.mark.usefixtures("two_projects")
def test_the_key_project_keeps_a_search_from_reading_the_others():
    with test_reads.reads() as seen:
        answer = search("project:Website status:open write")

    assert ids(answer) == {2: [4]}
    assert seen.count(("by_project", 1)) == len([one for one in seen if one[0] == "by_project"])
    assert answer.missing == {}


@pytest.mark.usefixtures("two_projects")
def test_a_name_is_missing_only_if_no_project_knows_it():
    asked = ["tag:urgent", "tag:nope", "project:Nope", "project:1 tag:urgent"]

    assert [search(text).missing for text in asked] == [
        {},
        {"tag": "there is no tag nope"},
        {"project": "there is no project Nope"},
        {"tag": "there is no tag urgent"},
    ]


@pytest.mark.usefixtures("two_projects")
def test_a_search_over_many_projects_reads_some_and_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(searching_everywhere, "MOST_PROJECTS", 1)

    with test_reads.reads() as seen:
        first = search("write status:open")
    second = search("write status:open", after=first.after)

    assert (ids(first), first.searched, first.after) == ({1: [1]}, 1, 1)
    assert (ids(second), second.searched, second.after) == ({2: [4]}, 1, None)
    assert len([one for one in seen if one[0] == "by_project"]) == 1


@pytest.mark.parametrize(("bound", "value"), [("ENOUGH", 1), ("LONGEST", -1.0)])
@pytest.mark.usefixtures("two_projects")
def test_a_search_that_has_enough_tasks_or_no_time_reads_no_more_projects(
    monkeypatch, bound, value
):
    monkeypatch.setattr(searching_everywhere, "_AT_ONCE", 1)
    monkeypatch.setattr(searching_everywhere, bound, value)

    answer = search("write")

    assert (ids(answer), answer.after) == ({1: [1, 3, 2]}, 1)


@pytest.mark.usefixtures("two_projects")
def test_a_search_for_comments_counts_those_of_all_projects_together(monkeypatch):
    comments.add_comment(1, 0, "It fits", "", "user")
    comments.add_comment(4, 0, "fits too", "", "user")

    found = ids(search("comment:fits"))
    monkeypatch.setattr(searching, "MOST_COMMENTED", 1)
    with pytest.raises(Refused) as refused:
        search("comment:fits")

    assert found == {1: [1], 2: [4]}
    assert refused.value.reasons == {
        "comment": "reads the comments of 1 tasks, not of 2: add other keys"
    }


@pytest.mark.usefixtures("cloud")
def test_a_search_over_no_project_finds_nothing():
    answer = searching_everywhere.search_everywhere([], "write", APPLICATION)

    assert answer == ([], {}, 0, None)


@pytest.mark.usefixtures("two_projects")
def test_names_are_those_of_each_project():
    for project_id in (1, 2):
        category = project_items.add_part(project_id, "categories", "Bug")
        lifecycle.update_task(1 if project_id == 1 else 4, {"category_id": str(category)})

    assert ids(search("category:Bug")) == {1: [1], 2: [4]}
