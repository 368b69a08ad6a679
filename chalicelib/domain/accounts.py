"""Roles, usernames, passwords and tokens, and the lockout after wrong passwords."""

import ipaddress
import re
from collections.abc import Collection, Iterable

from chalicelib.domain.errors import Refused
from chalicelib.domain.values import is_blank, nfc

ADMINISTRATOR, MANAGER, USER = "administrator", "manager", "user"
ROLES = {ADMINISTRATOR: "Administrator", MANAGER: "Manager", USER: "User"}
"""A user's roles, the most powerful first, with their labels: a manager may create projects."""

PROJECT_MANAGER, PROJECT_MEMBER, PROJECT_VIEWER = (
    "project-manager",
    "project-member",
    "project-viewer",
)
PROJECT_ROLES = {
    PROJECT_MANAGER: "Project Manager",
    PROJECT_MEMBER: "Project Member",
    PROJECT_VIEWER: "Project Viewer",
}
"""A user's roles in a project, the most powerful first, with their labels."""

FREE_TRIES = 10
"""Wrong passwords in a row that cost no wait, from one address or one known browser."""

FREE_TRIES_IN_ALL = 100
"""The same for one username from all addresses together, without known browsers."""

LONGEST_WAIT = 60.0
"""Seconds: long enough to defeat guessing, short enough for a user who has mistyped."""

LONGEST_USERNAME = 50
SHORTEST_PASSWORD = 6
LONGEST_PASSWORD = 1000
"""Characters; strangers could demand the work of hashing longer ones."""

TOKEN_PREFIX = "taskhook_"  # noqa: S105 -- the part that all tokens share
"""The prefix of every personal API token, by which people and secret scanners recognize one."""

MOST_TOKENS = 20
LONGEST_TOKEN_NAME = 50

API_USERNAME = "jsonrpc"
"""The username for the API token; no user may have it."""


def at_least(role: str | None, wanted: str) -> bool:
    """Tell whether a role is at least as powerful as another of its kind; None is no role."""
    ranks = list(ROLES if wanted in ROLES else PROJECT_ROLES)
    return role in ranks and ranks.index(role) <= ranks.index(wanted)


def read_role(text: str, roles: dict[str, str]) -> str:
    """Return a role.

    Raises:
        Refused: There is no such role.
    """
    if text not in roles:
        raise Refused({"role": "takes one of " + ", ".join(roles)})
    return text


def read_username(text: str) -> str:
    """Return a username, in NFC.

    Raises:
        Refused: It is blank, too long, reserved for the API token, or holds a character that HTTP
            Basic cannot carry.
    """
    text = nfc(text)
    if is_blank(text) or len(text) > LONGEST_USERNAME:
        raise Refused({"username": f"takes 1 to {LONGEST_USERNAME} characters"})
    if ":" in text or not text.isprintable():
        raise Refused({"username": "must not contain a colon or unprintable characters"})
    if text == API_USERNAME:
        raise Refused({"username": f"{API_USERNAME} is reserved for the API token"})
    return text


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a personal API token: the prefix and 192 bits in hex."""
    return re.fullmatch(TOKEN_PREFIX + "[0-9a-f]{48}", text) is not None


def read_token_name(text: str, taken: Collection[str]) -> str:
    """Return the name of a new token.

    `taken` are the names of the tokens that the user has.

    Raises:
        Refused: It is blank, too long or taken, or the user already has `MOST_TOKENS` tokens.
    """
    if not 1 <= len(text) <= LONGEST_TOKEN_NAME or not text.isprintable():
        raise Refused({"name": f"takes 1 to {LONGEST_TOKEN_NAME} printable characters"})
    if text in taken:
        raise Refused({"name": "is taken by another of your tokens"})
    if len(taken) >= MOST_TOKENS:
        raise Refused({"name": f"is one too many: you have {MOST_TOKENS} tokens, revoke one first"})
    return text


def read_password(text: str) -> str:
    """Return a password, in NFC.

    Raises:
        Refused: It is too short or too long, or the API would take it for a token.
    """
    text = nfc(text)
    if is_token(text):
        raise Refused({"password": "has the form of an API token"})
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise Refused({"password": f"takes {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"})
    return text


def spellings(password: str) -> list[str]:
    """Return the forms that may have been hashed: NFC, and as given, as earlier releases did."""
    # A longer password matches nothing: normalizing it would be wasted work.
    if len(password) > LONGEST_PASSWORD:
        return [password]
    return list(dict.fromkeys((nfc(password), password)))


def wait_after(wrong_passwords: int, since_last: float, free_tries: int = FREE_TRIES) -> float:
    """Return the seconds until an account accepts another try; 0: it accepts one now.

    After ten wrong passwords in a row the waits are 1 s, 2 s, 4 s and so on, up to a minute.

    Args:
        wrong_passwords: The number of wrong passwords in a row.
        since_last: Seconds since the last of them.
        free_tries: The number of wrong passwords that cost no wait.
    """
    if wrong_passwords < free_tries:
        return 0.0
    pause = min(2.0 ** min(wrong_passwords - free_tries, 10), LONGEST_WAIT)
    return max(0.0, pause - since_last)


def network_of(address: str) -> str:
    """Return the part of an IP address that its owner cannot vary: a /64 of IPv6 (RFC 6177).

    Text that is no address is its own network.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


def client_address(peer: str, forwarded: Iterable[str], trusted_proxies: int) -> str:
    """Return a caller's address behind trusted proxies, each of which names the one before it.

    Args:
        peer: The address that the last connection came from.
        forwarded: The addresses of the header `X-Forwarded-For`. The leftmost ones are the caller's
            own claims.
        trusted_proxies: The number of proxies in front of Taskhook. With 0 the header is ignored.
    """
    chain = [address.strip() for address in forwarded]
    # API Gateway adds the peer to the header, other servers do not.
    if not chain or chain[-1] != peer:
        chain.append(peer)
    return chain[-1 - min(trusted_proxies, len(chain) - 1)]
