"""Kanboard's settings for URLs: a list for each event, backed by endpoints."""

import hashlib
from collections.abc import Iterable, Mapping

from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import subscriptions
from chalicelib.domain.errors import Refused
from chalicelib.services.endpoints import effective, endpoints, faults
from chalicelib.services.endpoints.endpoints import CheckedEndpoint


def is_listed(checked: CheckedEndpoint) -> bool:
    """Tell whether an endpoint stands in the lists: it is usable, and its URL is no secret."""
    return checked.broken is None and not effective.has_secret_url(checked.endpoint)


def replace_subscribed_urls(
    urls: Mapping[str, Iterable[str]], *, form_key: str | None = None
) -> None:
    """Make these URLs receive these events, and no others; endpoints change accordingly.

    Endpoints that are not listed stay as they are.

    Args:
        urls: The URLs for each type of event; blank ones are ignored.
        form_key: The key of the form: a copy sent at the same moment adds no second endpoint.

    Raises:
        Refused: A URL is invalid. The reason for each type of event has a line for each such URL,
            and nothing is changed.
    """
    wanted, known, new = _checked(urls)
    for endpoint in known:
        events = _events_of(endpoint, wanted)
        if not events:
            endpoints.remove_endpoint(endpoint.id)
        elif set(events) != set(subscriptions.subscribed_types(endpoint)):
            endpoint.set_fields({"events": set(events)})
    for url in sorted(new):
        _add(url, [event for event in wanted if url in wanted[event]], form_key)


def _add(url: str, events: Iterable[str], form_key: str | None) -> None:
    if form_key is None:
        endpoints.add_endpoint(url, events)
        return
    number = hashlib.sha256(f"{form_key} {url}".encode()).hexdigest()[:12]
    try:
        endpoints.add_endpoint(url, events, endpoint_id=f"ep_{number}")
    except Refused as refusal:
        if refusal.reasons.keys() != {"id"}:  # otherwise a copy of the form was quicker
            raise


def removed_by(urls: Mapping[str, Iterable[str]]) -> list[Endpoint]:
    """Return the endpoints that `replace_subscribed_urls` would remove: they get no event.

    Raises:
        Refused: `replace_subscribed_urls` would refuse it.
    """
    wanted, known, _ = _checked(urls)
    return [endpoint for endpoint in known if not _events_of(endpoint, wanted)]


def _checked(
    urls: Mapping[str, Iterable[str]],
) -> tuple[dict[str, set[str]], list[Endpoint], set[str]]:
    """Return the wanted URLs by event, the endpoints, and the new URLs. Raises Refused."""
    wanted = {}
    for event, its_urls in urls.items():
        wanted[event] = set(map(str.strip, its_urls)) - {""}
    known = [one.endpoint for one in endpoints.list_endpoints() if is_listed(one)]
    new = set[str]().union(*wanted.values()) - {str(endpoint.url) for endpoint in known}
    _refuse_unusable_urls(wanted, new)
    return wanted, known, new


def _events_of(endpoint: Endpoint, wanted: Mapping[str, Iterable[str]]) -> list[str]:
    """Return an endpoint's events after only these URLs receive these events."""
    others = [event for event in subscriptions.subscribed_types(endpoint) if event not in wanted]
    return [*others, *(event for event in wanted if str(endpoint.url) in wanted[event])]


def _refuse_unusable_urls(wanted: Mapping[str, Iterable[str]], new: Iterable[str]) -> None:
    reasons: dict[str, list[str]] = {}
    for url in sorted(new):
        try:
            faults.refuse_unusable(Endpoint("new", url=url))
        except Refused as refusal:
            for event in (event for event in wanted if url in wanted[event]):
                reasons.setdefault(event, []).append(
                    f"{url}: {', '.join(refusal.reasons.values())}"
                )
    if reasons:
        raise Refused({event: "\n".join(lines) for event, lines in reasons.items()})
