"""The first start, and the tokens."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib.adapters.dynamodb.tables import Numbers, Settings, create_tables
from chalicelib.domain.errors import NotFound
from chalicelib.services.accounts import first_start, passwords, settings, users
from chalicelib.services.projects import projects
from tests.support.cloud import API_TOKEN, PASSWORD, TOKEN

FIRST_COLUMNS = [(1, "Backlog"), (2, "Ready"), (3, "Work in progress"), (4, "Done")]


def all_there_is():
    return (
        [
            (project.id, project.name, [(c.id, c.name) for c in project.columns])
            for project in projects.list_projects()
        ],
        [(user.id, user.username, user.role, user.is_active) for user in users.list_users()],
    )


@pytest.mark.usefixtures("bare_cloud")
def test_the_first_start_creates_the_project_the_administrator_and_the_tokens():
    first = first_start.bootstrap()

    assert all_there_is() == (
        [(1, "My project", FIRST_COLUMNS)],
        [(1, "admin", "administrator", True)],
    )
    assert len({first.webhook_token, first.api_token}) == 2
    assert min(len(first.webhook_token), len(first.api_token)) >= 32
    assert first.admin_password is not None
    assert passwords.matches(first.admin_password, users.find_user("admin").password_hash)


@pytest.mark.usefixtures("bare_cloud")
def test_a_first_start_takes_what_it_is_given():
    first = first_start.bootstrap(TOKEN, API_TOKEN, PASSWORD)

    assert first == (TOKEN, API_TOKEN, "admin", PASSWORD)
    assert settings.is_webhook_token(TOKEN)


@pytest.mark.usefixtures("cloud")
def test_a_later_start_changes_nothing():
    before = all_there_is()

    again = first_start.bootstrap("another", "token", "and password")

    assert again == (TOKEN, API_TOKEN, "admin", None)
    assert all_there_is() == before


@pytest.mark.usefixtures("bare_cloud")
def test_two_starts_at_the_same_moment_create_all_of_it_once():
    together = Barrier(2)

    def start(_):
        together.wait()
        return first_start.bootstrap()

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(start, range(2))

    assert (one.webhook_token, one.api_token) == (other.webhook_token, other.api_token)
    assert [one.admin_password, other.admin_password].count(None) == 1
    assert all_there_is() == (
        [(1, "My project", FIRST_COLUMNS)],
        [(1, "admin", "administrator", True)],
    )


@pytest.mark.usefixtures("bare_cloud")
def test_tables_are_created_once():
    create_tables()

    assert Settings.exists()


@pytest.mark.usefixtures("bare_cloud")
def test_without_a_start_there_are_no_settings():
    with pytest.raises(NotFound, match="^settings: this Taskhook was never started$"):
        settings.read()


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("token", ["", "x", TOKEN + " ", TOKEN.upper(), API_TOKEN, "ä", "\ud800"])
def test_only_the_webhook_token_is_the_webhook_token(token):
    assert settings.is_webhook_token(TOKEN)
    assert not settings.is_webhook_token(token)


@pytest.mark.usefixtures("cloud")
def test_a_rotated_token_holds_at_once_and_the_old_one_no_more():
    token = settings.rotate_webhook_token()

    assert [settings.is_webhook_token(one) for one in (token, TOKEN)] == [True, False]
    assert settings.read().api_token == API_TOKEN


@pytest.mark.usefixtures("cloud")
def test_the_numbers_go_on_after_the_first_things():
    assert [list(Numbers.reserve(kind, 1)) for kind in ("task", "project", "column", "user")] == [
        [1],
        [2],
        [5],
        [2],
    ]
