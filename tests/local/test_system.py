"""What a first start is given by the environment."""

import pytest

from local import system
from local.directory import CannotStart


@pytest.mark.parametrize(
    ("name", "secret", "reason"),
    [
        ("ADMIN_PASSWORD", "x", "ADMIN_PASSWORD cannot be used: it takes 6 to "),
        ("WEBHOOK_TOKEN", "  ", "WEBHOOK_TOKEN is only white space: "),
        ("API_TOKEN", "\n", "API_TOKEN is only white space: "),
    ],
)
def test_a_secret_that_cannot_be_used_stops_the_start_by_name(monkeypatch, name, secret, reason):
    monkeypatch.setenv(name, secret)

    with pytest.raises(CannotStart, match=f"^{reason}"):
        system.bootstrap()
