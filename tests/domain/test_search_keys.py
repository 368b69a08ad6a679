"""The keys of a query: each compares what answers show, and refuses impossible values."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.search import parse
from tests.domain.test_search import DAY, DAY_NAMED, FULL, NOON, NUMBER, PLAIN, SCENE, found


def missing(text):
    return parse(text, SCENE).missing


@pytest.mark.parametrize("key", ["modified", "updated", "moved"])
def test_a_task_that_was_never_changed_or_moved_was_so_when_it_was_created(key):
    plain = PLAIN | {"date_creation": NOON - 11 * DAY, "date_modification": 0}
    texts = [
        f'{key}:"11 days ago"',
        f"{key}:2026-06-20",
        f"{key}:<=2026-06-20",
        f"{key}:>2026-06-20",
    ]

    assert [parse(text, SCENE).matches(plain) for text in texts] == [True, True, True, False]


def test_a_task_that_was_changed_or_moved_was_so_then():
    row = FULL | {"date_moved": NOON - 3 * DAY}
    texts = ["modified:tomorrow", "modified:yesterday", 'moved:"3 days ago"', "moved:yesterday"]

    assert [parse(text, SCENE).matches(row) for text in texts] == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("modified:recently", ""),
        ("created:recently", "f"),
        ("swimlane:1", "pf"),
        ("swimlane:0", "pf"),
        ('swimlane:"default swimlane"', "pf"),
        ("project:1", "pf"),
        ('project:"my project"', "pf"),
        ('project:"my project" project:other', "pf"),
        ("id:23", "f"),
        ("id:>=1", "pf"),
        ("title:23", "f"),
        ("title:#23", "f"),
        ("colour:red", "f"),
        ("tag:urg", "f"),
        ("column:01", "p"),
        ("category:0", "p"),
    ],
)
def test_kanboards_other_keys_find_what_they_name(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("priority:1..2", "f"),
        ("priority:0..1", "p"),
        ("priority:>=1", "f"),
        ('score:"<=5"', "pf"),
        ('score:>"4"', "f"),
        ("complexity:5..5", "f"),
        ("due:2026-06-01..2026-07-01", "f"),
        ("due:2026-06-01..2026-06-30", ""),
        ('createdRange:"2026-05-01..2026-06-29"', "p"),
        ("createdRange:2026/06/30..2026/06/30", "f"),
        ("completedRange:2026-06-24..today", "f"),
        ("modifiedRange:20260702..20260702", "f"),
        ("updatedRange:2026-07-02..2026-07-03", "f"),
        ("movedRange:2026-06-30..2026-06-30", "f"),
    ],
)
def test_a_range_is_from_its_first_to_its_last(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('due:<"+ 7 days"', "f"),
        ('due:<="next thursday"', "f"),
        ('due:>"1 week ago"', "f"),
        ('due:"> 1 week ago"', "f"),
        ('started:"+ 14 days"', "f"),
        ('completed:"last wednesday"', "f"),
        ('created:<"2 weeks ago"', "p"),
        ("due:now", "f"),
        ("modified:>=+1day", "f"),
    ],
)
def test_a_day_is_named_by_its_distance_quoted_or_not(text, expected):
    assert found(text) == expected


def test_columns_that_share_a_name_are_all_found():
    rows = [PLAIN | {"column_id": number} for number in (3, 5, 6)]

    assert [parse("column:twice", SCENE).matches(row) for row in rows] == [False, True, True]


def test_an_id_finds_those_that_have_it_whether_or_not_it_is_anybodys():
    row = FULL | {"owner_id": 99, "category_id": 98, "tags": [97]}

    queries = [
        parse(text, SCENE) for text in ("assignee:99", "category:98", "tag:97", "assignee:9")
    ]

    assert [query.matches(row) for query in queries] == [True, True, True, False]
    assert queries[0].missing == {"assignee": "there is no user 99"}


def test_an_id_is_no_part_of_a_name():
    scene = SCENE._replace(users=[("r2d2", 7), ("ada", 2)])

    assert [
        parse("assignee:2", scene).matches(PLAIN | {"owner_id": owner}) for owner in (2, 7)
    ] == [True, False]


def test_a_part_of_a_name_finds_everybody_who_has_it():
    rows = [PLAIN | {"owner_id": number} for number in (1, 2, 3, 4)]

    assert [parse("assignee:ada", SCENE).matches(row) for row in rows] == [False, True, False, True]


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("modified:soon", "modified", DAY_NAMED),
        ("updated:soon", "updated", DAY_NAMED),
        ("Moved:never", "Moved", DAY_NAMED),
        ("created:", "created", DAY_NAMED),
        ('due:""', "due", DAY_NAMED),
        ("due:0", "due", DAY_NAMED),
        ("due:2026", "due", DAY_NAMED),
        ("due:>2026-07", "due", DAY_NAMED),
        ("due:2026-07-01..", "due", DAY_NAMED),
        ("modified:none", "modified", DAY_NAMED),
        ('due:"99999 years"', "due", DAY_NAMED),
        ("createdRange:x..y", "createdRange", DAY_NAMED),
        ("complexity:many", "complexity", NUMBER),
        ("score:", "score", NUMBER),
        ("priority:1..", "priority", NUMBER),
        ("priority:1.5", "priority", NUMBER),
        ("id:#", "id", NUMBER),
        ("colour:pink", "colour", "takes one of yellow, blue, green, purple, red, orange, grey"),
        ("status:", "status", "takes open, closed or all"),
        ("status:3", "status", "takes open, closed or all"),
        ('tag:""', "tag", "takes the name or the id of a tag"),
        ("assignee:", "assignee", "takes the name or the id of a user"),
        ("comment:", "comment", "takes a text"),
        ('link:"is blocked by"', "link", "is not supported: Taskhook has no links between tasks"),
        ("subtask:assignee:ada", "subtask", "is not supported: Taskhook has no subtasks"),
        ("search:x", "search", "is not supported: use title:, description: or comment:"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_that_was_written(text, name, reason):
    with pytest.raises(Refused) as refusal:
        parse(text, SCENE)

    assert refusal.value.reasons == {name: reason}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("column:Nope", {"column": "there is no column Nope"}),
        ("column:9", {"column": "there is no column 9"}),
        ("category:Nope", {"category": "there is no category Nope"}),
        ("tag:Nope", {"tag": "there is no tag Nope"}),
        ("assignee:Nope", {"assignee": "there is no user Nope"}),
        ("Creator:Nope", {"Creator": "there is no user Nope"}),
        ("project:2", {"project": "there is no project 2"}),
        ("swimlane:Nope", {"swimlane": "there is no swimlane Nope"}),
        ("assignee:ada tag:none column:backlog", {}),
    ],
)
def test_what_is_not_there_is_told_beside_the_empty_list(text, told):
    assert (found(text), missing(text)) == ("", told)


def test_a_text_in_comments_is_asked_for_apart():
    query = parse('comment:"Größe" comment:x shelf', SCENE)

    assert (query.comments, query.matches(FULL), query.matches(PLAIN)) == (
        ("grösse", "x"),
        True,
        False,
    )
