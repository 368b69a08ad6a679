"""Sources: created, tried, changed and removed by Kanboard's client."""

import pytest

pytestmark = pytest.mark.xdist_group("clients")


def test_a_source_is_created_tried_changed_and_removed(administrator):
    payload = {"title": "Disk full", "state": "firing"}
    mapping = {"key": "payload.title", "task": {"title": "{{ payload.title }}"}}

    created = administrator.create_source(id="probe", preset="custom", **mapping)
    outcome = administrator.try_source(id="probe", payload=payload)
    is_changed = administrator.update_source(id="probe", name="Probe")
    [named] = [one["name"] for one in administrator.get_sources() if one["id"] == "probe"]
    is_removed = administrator.remove_source(id="probe")
    left = [one["id"] for one in administrator.get_sources()]

    item = {"outcome": "created", "key": "Disk full", "task": {"title": "Disk full"}, "reason": ""}
    assert created == "probe"
    assert outcome == {"items": [item]}
    assert (is_changed, named, is_removed, left) == (True, "Probe", True, [])
