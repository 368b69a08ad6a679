"""A list shows the same of a delivery on every surface, and an index holds all of it."""

from chalicelib.adapters.dynamodb.tables import Delivery
from chalicelib.services.deliveries import delivery_log
from chalicelib.services.deliveries.summaries import DeliverySummary, summary_of
from chalicelib.services.tasks import lifecycle
from tests.support.deliveries import subscribe
from tests.support.http_calls import result
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox
from tools import commands
from tools.command_line import parse


def test_the_index_of_lists_holds_all_that_a_list_shows():
    index = Delivery.by_endpoint
    held = {
        "lane",
        "sequence",
        "endpoint_id",
        "created_at",
        *index.Meta.projection.non_key_attributes,
    }

    assert set(DeliverySummary._fields) - {"id", "is_broken"} <= held


def test_page_api_and_command_line_show_the_same_of_a_delivery(cloud):
    with Inbox(status=500) as inbox:
        subscribe(inbox.url)
        lifecycle.create_task({"title": "x"})
        cloud.pump()
    [row] = delivery_log.list_deliveries()

    [shown] = result("getDeliveries")
    [line] = commands.delivery_list(parse(["delivery", "list"]))
    page = Visitor(1).get("/deliveries?status=pending").seen

    summary = summary_of(row)._asdict()
    assert shown == {name: summary[name] for name in shown}
    assert {name: line[name] for name in shown if not name.endswith("_at")} == {
        name: shown[name] for name in shown if not name.endswith("_at")
    }
    assert shown["tries"] == 1
    assert f"{summary['event_type']}" in page
    assert "Pending 1" in page
