"""Applies the filters of endpoints, and shows operators which of them fail."""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress

from chalicelib.adapters import log
from chalicelib.adapters.dynamodb.tables import Endpoint
from chalicelib.domain import filters
from chalicelib.domain.errors import ExpressionFailed, StoreUnavailable
from chalicelib.domain.event_objects import EventObject
from chalicelib.domain.filters import FilterFailure

NOTED_AGAIN_AFTER = 300
"""Seconds until the same failure of a filter may be written again."""


class Filtering:
    """The filters of a batch of events, and the last failure of each."""

    def __init__(self) -> None:
        """Start without failures."""
        self._failures: dict[str, FilterFailure] = {}

    def passes(self, endpoint: Endpoint, event: EventObject) -> bool:
        """Tell whether an endpoint's filter wants an event; a filter that fails lets it through."""
        if not endpoint.filter:
            return True
        try:
            return filters.passes(endpoint.filter, event)
        except ExpressionFailed as error:
            digest = filters.digest_of(endpoint.filter)
            failure = FilterFailure(int(time.time()), event["id"], str(error), digest)
            self._failures[endpoint.id] = failure
            return True

    def note_failures(self, endpoints: Iterable[Endpoint]) -> None:
        """Write the last failure of each filter, the same one only once in a while."""
        for endpoint in endpoints:
            failure = self._failures.get(endpoint.id)
            if failure is None or not _is_news(endpoint, failure):
                continue
            told = {"event_id": failure.event_id, "reason": failure.reason}
            log.event("filter_failed", logging.WARNING, endpoint_id=endpoint.id, **told)
            with suppress(StoreUnavailable):  # the filter will fail again
                endpoint.note_filter_failure(failure.text())


def _is_news(endpoint: Endpoint, failure: FilterFailure) -> bool:
    known = filters.last_failure(endpoint.filter, endpoint.filter_failure)
    if known is None or known.reason != failure.reason:
        return True
    return failure.at - known.at >= NOTED_AGAIN_AFTER
