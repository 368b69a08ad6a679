"""The pages that people look at, rendered here; little JavaScript makes them pleasant, none is needed."""

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
    tasks,
    tokens,
    users,
)


def register(app: Chalice) -> None:
    """Let the application answer with pages."""
    for module in (files, signing, tokens, settings, boards, tasks, projects, users, deliveries, replaying, helping):
        app.register_blueprint(module.blueprint)
