"""Which URLs and addresses may be called."""

import pytest

from chalicelib.domain.errors import TargetRefused
from chalicelib.domain.targets import (
    Target,
    check_address,
    parse_networks,
    parse_url,
    target_of,
    with_token,
)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://Example.com", Target("http", "example.com", 80, "/")),
        ("https://example.com/a?b=c#d", Target("https", "example.com", 443, "/a?b=c")),
        ("https://bücher.example/ü", Target("https", "xn--bcher-kva.example", 443, "/%C3%BC")),
        ("http://[::1]:8080/%41", Target("http", "::1", 8080, "/%41")),
        ("http://2130706433/", Target("http", "2130706433", 80, "/")),
    ],
)
def test_a_url_is_read_in_the_form_that_is_sent(url, target):
    assert parse_url(url) == target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://Example.com:80/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
        ("https://example.com.:443/", "example.com"),
        ("https://[::1]/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_a_request_names_host_and_port(url, authority):
    assert parse_url(url).authority == authority


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must begin with http:// or https://"),
        ("ftp://example.com/", "must begin with http:// or https://"),
        ("javascript:alert(1)", "must begin with http:// or https://"),
        ("http:///path", "has no host"),
        ("http://user@example.com/", "must not hold a user or password"),
        ("http://:secret@example.com/", "must not hold a user or password"),
        ("http://example.com:99999/", "is not a URL: Port out of range 0-65535"),
        ("http://example.com:x/", "is not a URL: Port could not be cast to integer value as 'x'"),
        ("http://example.com:0/", "has an invalid port: 0"),
        ("http://[fe80::1%25eth0]/", "has an invalid host name: fe80::1%25eth0"),
        ("http://[v1.a:b]/", "has an invalid host name: v1.a:b"),
        (
            "http://straße.example/",
            (
                "has a host that IDNA 2003 and 2008 read differently, write it in punycode: "
                "straße.example"
            ),
        ),
        ("http://example.com/\ud800", "must not hold white space or control characters"),
        ("http://example.com/\x9f", "must not hold white space or control characters"),
        ("http://exa mple.com/", "must not hold white space or control characters"),
        ("http://example.com/\r\nX: y", "must not hold white space or control characters"),
        ("http://exa_$mple.com/", "has an invalid host name: exa_$mple.com"),
        (f"http://{'a' * 64}.com/", f"has an invalid host name: {'a' * 64}.com"),
        ("http://example.com/" + "x" * 1982, "takes at most 2000 characters, not 2001"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_with_the_reason(url, reason):
    with pytest.raises(TargetRefused) as told:
        parse_url(url)

    assert str(told.value) == reason


def test_a_url_of_2000_characters_is_taken():
    assert parse_url("http://example.com/" + "x" * 1981).host == "example.com"


def test_the_token_does_not_make_a_url_too_long_to_be_called():
    url = "http://example.com/" + "x" * 1981

    assert target_of(with_token(url, "t" * 40)).path == "/" + "x" * 1981 + "?token=" + "t" * 40


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("http://a.example", "http://a.example?token=t%26%20x"),
        ("http://a.example/h?x=1", "http://a.example/h?x=1&token=t%26%20x"),
        ("http://a.example/h#part", "http://a.example/h?token=t%26%20x"),
    ],
)
def test_the_token_follows_an_existing_query_and_a_fragment_is_dropped(url, called):
    assert with_token(url, "t& x") == called


def test_without_a_token_a_url_is_called_as_it_is():
    assert with_token("http://a.example/h?x=1#part", "") == "http://a.example/h?x=1"


PUBLIC = (
    "93.184.216.34 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 2001:4860:4860::8888 "
    "::ffff:8.8.8.8"
)
NOT_PUBLIC = """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 ::1 100::1 2001::1 2001:db8::1 fc00::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 2002:7f00:1::1 2002:c0a8:101::1 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 64:ff9b:1::808:808 64:ff9b:1:a00:0:100:808:808
2001:0:7f00:1:: ::ffff:0:8.8.8.8 4000::1"""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_the_public_internet_may_be_called(address):
    check_address(address, ())


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_what_is_not_public_internet_may_not_be_called(address):
    with pytest.raises(
        TargetRefused,
        match="not public internet: name its network in ALLOWED_PRIVATE_NETWORKS to allow it",
    ):
        check_address(address, ())


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::1"])
def test_a_network_that_the_configuration_names_may_be_called(address):
    check_address(address, parse_networks("10.0.0.0/8, fd00::/8"))


@pytest.mark.parametrize("text", ["10.0.0.0/8,x", "10.0.0.1/8", "300.0.0.0/8"])
def test_what_is_not_a_network_is_not_read(text):
    with pytest.raises(ValueError, match="."):
        parse_networks(text)
