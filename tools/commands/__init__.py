"""The commands of `manage.py`: each function is one, and returns its output."""

from tools.commands.deliveries import delivery_list, delivery_replay, delivery_retry, delivery_show
from tools.commands.endpoints import (
    endpoint_add,
    endpoint_change,
    endpoint_disable,
    endpoint_enable,
    endpoint_list,
    endpoint_remove,
    endpoint_rotate_secret,
    endpoint_show,
    endpoint_test,
)
from tools.commands.people import (
    project_add,
    project_list,
    user_add,
    user_disable,
    user_list,
    user_password,
)
from tools.commands.rows import Failure
from tools.commands.schemas import schema_asyncapi, schema_openapi
from tools.commands.settings import settings_show, token_rotate
from tools.commands.sources import (
    source_add,
    source_change,
    source_list,
    source_payloads,
    source_remove,
    source_replay,
    source_rotate_secret,
    source_show,
    source_try,
)
from tools.commands.tables import table_restore

__all__ = [
    "Failure",
    "delivery_list",
    "delivery_replay",
    "delivery_retry",
    "delivery_show",
    "endpoint_add",
    "endpoint_change",
    "endpoint_disable",
    "endpoint_enable",
    "endpoint_list",
    "endpoint_remove",
    "endpoint_rotate_secret",
    "endpoint_show",
    "endpoint_test",
    "project_add",
    "project_list",
    "schema_asyncapi",
    "schema_openapi",
    "settings_show",
    "source_add",
    "source_change",
    "source_list",
    "source_payloads",
    "source_remove",
    "source_replay",
    "source_rotate_secret",
    "source_show",
    "source_try",
    "table_restore",
    "token_rotate",
    "user_add",
    "user_disable",
    "user_list",
    "user_password",
]
