"""Templates of bodies that are given as texts: a mistake in their JSON is not taken for a text."""

import pytest

from chalicelib.domain import endpoint_fields


def fault(template, headers=None):
    return endpoint_fields.fault_of({"format": "custom", "template": template, "headers": headers})


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ('{"title": "{{ data.title }}",}', "line 1, column 30"),
        ('{\n  "id": {{ data.task_id }}\n}', "line 2, column 10"),
        ('{"a": ', "line 1, column 7"),
        ("{title: '{{ data.title }}'}", "line 1, column 2"),
        ('[{"title": }]', "line 1, column 12"),
        ('["{{ data.title }}"', "line 1, column 20"),
    ],
)
def test_a_mistake_in_the_json_of_a_template_is_not_sent_as_a_text(template, place):
    reason = f"template: {place}: this is no JSON; a placeholder stands within quotes"

    assert fault(template) == reason
    assert fault(template, {"Content-Type": "application/vnd.x+json"}) == reason


@pytest.mark.parametrize(
    "template",
    [
        "{{ data.title }} is {{ column.name }}",
        "[{{ project.name }}] {{ data.title }}",
        "[Shop] a new task",
        "title={{ url(data.title) }}",
        "{{ data }}",
    ],
)
def test_a_text_that_is_not_meant_as_json_stays_a_text(template):
    assert fault(template) == ""


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-ndjson"])
def test_a_text_may_begin_like_json_where_its_content_type_is_another(media_type):
    assert fault('{"index": {}}\n{"title": "x"}', {"content-type": media_type}) == ""
