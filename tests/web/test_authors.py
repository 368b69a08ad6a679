"""Who did it is told with every event, whatever way the change came."""

import json

from chalicelib.services.endpoints import endpoints
from tests.support.deliveries import ALL
from tests.support.http_calls import ADMIN, add, result, sign_up
from tests.support.page_visits import Visitor
from tests.support.receivers import Inbox


def test_each_format_says_who_did_it_but_the_one_that_is_kanboards(cloud):
    ada = sign_up("ada")
    result("addProjectUser", [1, 2])
    with Inbox() as inbox:
        for name in ("kanboard", "standard", "cloudevents"):
            endpoints.add_endpoint(inbox.url + name, ALL, name, name)

        add("title=by+URL")
        result("createTask", ["by the application", 1])
        result("createTask", ["by a user", 1], ada)
        Visitor(1).post("/boards/1", do="add", title="on a page", column_id="1")
        result("updateTask", [1, "changed"], ADMIN)
        result("removeTask", [2], ada)
        cloud.pump()

    heard = [(post.path.partition("?")[0], json.loads(post.body)) for post in inbox.received]
    told = {
        name: {
            (task["title"], "changes" in task, body.get("author"))
            for path, body in heard
            if path == f"/{name}"
            for task in [body.get("data", body)]
        }
        for name in ("kanboard", "standard", "cloudevents")
    }
    authors = {
        ("by URL", False, "application"),
        ("by the application", False, "application"),
        ("by the application", False, 2),
        ("by a user", False, 2),
        ("on a page", False, 1),
        ("changed", True, 1),
    }
    assert told["standard"] == told["cloudevents"] == authors
    assert told["kanboard"] == {(title, is_change, None) for title, is_change, _ in authors}
