"""The pages for people, rendered here; a little JavaScript improves them, none needs it."""

from chalice import Chalice

from chalicelib.web.pages import (
    boards,
    deliveries,
    files,
    helping,
    projects,
    replaying,
    settings,
    signing,
    sources,
    tasks,
    tokens,
    users,
)


def register(app: Chalice) -> None:
    """Let the application answer with pages."""
    for module in (
        files,
        signing,
        tokens,
        settings,
        sources,
        boards,
        tasks,
        projects,
        users,
        deliveries,
        replaying,
        helping,
    ):
        app.register_blueprint(module.blueprint)
