"""Tags, and the tags of tasks."""

import pytest

pytestmark = pytest.mark.xdist_group("clients")


def tag(board, number, name, color_id=None):
    return {"id": str(number), "name": name, "project_id": str(board.id), "color_id": color_id}


def test_tags_are_created_and_listed(application, board):
    plain = application.create_tag(project_id=board.id, tag="soon")
    red = application.create_tag(project_id=board.id, tag="now", color_id="red")

    listed = application.get_tags_by_project(project_id=board.id)
    assert listed == [tag(board, plain, "soon"), tag(board, red, "now", "red")]
    assert [
        one for one in application.get_all_tags() if one["project_id"] == str(board.id)
    ] == listed


def test_a_tag_that_is_there_is_not_created_again(application, board):
    first = application.create_tag(project_id=board.id, tag="soon")

    second = application.create_tag(project_id=board.id, tag="soon")

    assert second is False
    assert application.get_tags_by_project(project_id=board.id) == [tag(board, first, "soon")]


def test_a_tag_is_renamed(application, board, task_id):
    number = application.create_tag(project_id=board.id, tag="soon")
    application.set_task_tags(project_id=board.id, task_id=task_id, tags=["soon"])

    renamed = application.update_tag(tag_id=number, tag="later", color_id="grey")

    assert renamed is True
    assert application.get_tags_by_project(project_id=board.id) == [
        tag(board, number, "later", "grey")
    ]
    assert application.get_task_tags(task_id=task_id) == {str(number): "later"}


def test_a_tag_that_is_removed_is_shown_nowhere(application, board, task_id):
    number = application.create_tag(project_id=board.id, tag="soon")
    application.set_task_tags(project_id=board.id, task_id=task_id, tags=["soon"])

    removed = application.remove_tag(tag_id=number)

    left = (
        application.get_tags_by_project(project_id=board.id),
        application.get_task_tags(task_id=task_id),
    )
    assert (removed, left) == (True, ([], {}))


def test_a_task_is_given_tags_and_the_project_those_that_it_has_not(application, board, task_id):
    known = application.create_tag(project_id=board.id, tag="soon")
    application.set_task_tags(project_id=board.id, task_id=task_id, tags=["soon"])

    given = application.set_task_tags(project_id=board.id, task_id=task_id, tags=["now", "here"])

    ids = {row["name"]: row["id"] for row in application.get_tags_by_project(project_id=board.id)}
    assert given is True
    assert ids == {"soon": str(known), "now": ids["now"], "here": ids["here"]}
    assert application.get_task_tags(task_id=task_id) == {ids["now"]: "now", ids["here"]: "here"}


def test_the_tags_of_a_task_are_taken_away(application, board, task_id):
    application.set_task_tags(project_id=board.id, task_id=task_id, tags=["soon"])

    taken = application.set_task_tags(project_id=board.id, task_id=task_id, tags=[])

    assert (taken, application.get_task_tags(task_id=task_id)) == (True, {})


def test_users_see_the_tags_of_their_projects_alone(application, board, person):
    number = application.create_tag(project_id=board.id, tag="soon")

    as_stranger = person.client.get_all_tags()
    application.add_project_user(project_id=board.id, user_id=person.id)
    as_member = person.client.get_all_tags()

    assert (as_stranger, as_member) == ([], [tag(board, number, "soon")])


def test_tags_that_cannot_be_are_refused(application, board, task_id):
    answers = [
        application.create_tag(project_id=board.id, tag=" "),
        application.create_tag(project_id=999, tag="soon"),
        application.update_tag(tag_id=999, tag="soon"),
        application.remove_tag(tag_id=999),
        application.set_task_tags(project_id=1, task_id=task_id, tags=["soon"]),
        application.get_task_tags(task_id=999),
        application.get_tags_by_project(project_id=999),
    ]

    assert answers == [False] * 7
