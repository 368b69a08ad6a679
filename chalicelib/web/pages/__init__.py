"""HTML pages, rendered on the server; JavaScript improves them and is optional."""

from chalice import Chalice

from chalicelib.web.pages import (
    boards,
    bulk,
    deliveries,
    endpoints,
    files,
    helping,
    new_task,
    one_delivery,
    projects,
    refused,
    replaying,
    searching,
    settings,
    signing,
    sources,
    tasks,
    tokens,
    undoing,
    users,
)

_MODULES = (
    files,
    signing,
    tokens,
    settings,
    endpoints,
    sources,
    boards,
    bulk,
    new_task,
    tasks,
    projects,
    users,
    deliveries,
    one_delivery,
    replaying,
    refused,
    searching,
    undoing,
    helping,
)


def register(app: Chalice) -> None:
    """Register the pages with the application."""
    for module in _MODULES:
        app.register_blueprint(module.blueprint)
