"""The proxy of DELIVERY_PROXY: which URLs are one, and what of them is a secret."""

import pytest

from chalicelib.domain.proxies import Proxy, parse_proxy, without_password


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("", None),
        ("http://10.0.0.1:3128", Proxy("10.0.0.1", 3128)),
        ("http://Proxy.Example:80/", Proxy("proxy.example", 80)),
        ("http://[::1]:3128", Proxy("::1", 3128)),
        ("http://me:p%3A%40%20s@proxy:1", Proxy("proxy", 1, "Basic bWU6cDpAIHM=")),
        ("http://me@proxy:1", Proxy("proxy", 1, "Basic bWU6")),
        ("http://me:a@b@proxy:1", Proxy("proxy", 1, "Basic bWU6YUBi")),
    ],
)
def test_a_proxy_is_the_host_and_the_port_of_a_url(text, proxy):
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize(
    "text",
    [
        "proxy:3128",
        "http://proxy",
        "http://proxy:0",
        "http://proxy:99999",
        "http://:3128",
        "https://proxy:3128",
        "socks5://proxy:1080",
        "http://proxy:3128/path",
        "http://proxy:3128?a=b",
        "http://no such proxy:3128",
        "http://[::1:3128",
    ],
)
def test_what_is_no_proxy_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 -- config says what it takes
        parse_proxy(text)


def test_a_proxy_shows_no_password():
    assert repr(parse_proxy("http://me:pass@proxy:1")) == "Proxy(host='proxy', port=1)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@proxy:1", "https://...@proxy:1"),
        ("me:pa/ss@proxy", "...@proxy"),
        ("http://me:p@ss@proxy", "http://...@proxy"),
        ("proxy:1", "proxy:1"),
    ],
)
def test_a_url_is_shown_without_its_password(text, shown):
    assert without_password(text) == shown
