"""The settings page: tokens, URLs to call, endpoints."""

from chalice.app import Blueprint, Response

from chalicelib.domain import events, subscriptions
from chalicelib.domain.accounts import ADMINISTRATOR
from chalicelib.domain.errors import Refused
from chalicelib.services.accounts import settings
from chalicelib.services.endpoints import effective, endpoints, url_lists
from chalicelib.services.endpoints.endpoints import CheckedEndpoint
from chalicelib.web.pages import editing, endpoint_words, presenting
from chalicelib.web.pages.confirming import ask, is_sure
from chalicelib.web.pages.page_request import PageRequest
from chalicelib.web.pages.rendering import page, redirect, render

blueprint = Blueprint(__name__)


@page(blueprint, "/settings", role=ADMINISTRATOR)
def settings_page(request: PageRequest, errors: dict[str, str] | None = None) -> Response:
    """Show the settings; a token only on request."""
    kept = settings.read()
    listed = endpoints.list_endpoints()
    lists = _lists(listed)
    names = presenting.disambiguate(
        {str(one.endpoint.id): effective.display_name(one.endpoint) for one in listed}
    )
    tokens = {name: settings.token_in(kept, name) for name in ("webhook_token", "api_token")}
    shown_token = {name: tokens[name] for name in tokens.keys() & {request.get("show")}}
    return render(
        request,
        "settings.html",
        errors=errors,
        tokens={**dict.fromkeys(tokens, ""), **shown_token},
        why_off={name: settings.why_off(kept, name) for name in tokens},
        urls=lists | (editing.changed(request, lists) if errors else {}),
        shown=editing.shown(lists),
        endpoints=[
            endpoint_words.shown(one) | {"name": names[str(one.endpoint.id)]} for one in listed
        ],
    )


def _lists(listed: list[CheckedEndpoint]) -> dict[str, str]:
    """Return the subscribed URLs of each event as the form shows them, one per line."""
    urls: dict[str, list[str]] = {event: [] for event in events.SEED_TYPES}
    for endpoint in (one.endpoint for one in listed if url_lists.is_listed(one)):
        for event in urls.keys() & subscriptions.subscribed_types(endpoint):
            urls[event].append(str(endpoint.url))
    return {event: "\n".join(its_urls) for event, its_urls in urls.items()}


@page(blueprint, "/settings/token", role=ADMINISTRATOR, on_error=settings_page)
def reset_token(request: PageRequest) -> Response:
    """Replace a token."""
    rotate = {
        "webhook_token": settings.rotate_webhook_token,
        "api_token": settings.rotate_api_token,
    }
    name = request.get("name")
    if name not in rotate:
        raise Refused({"name": "takes webhook_token or api_token"})
    if not is_sure(request):
        question = f"Reset the {name.replace('_', ' ').replace('api', 'API')}?"
        return ask(
            request,
            question,
            "Requests with the old one are refused from then on.",
            "Reset",
            back="/settings",
        )
    rotate[name]()
    return redirect(request, "/settings", show=name, done="reset")


@page(blueprint, "/settings/urls", role=ADMINISTRATOR, on_error=settings_page)
def save_urls(request: PageRequest) -> Response:
    """Replace the subscribed URLs; ask for confirmation before removing endpoints."""
    lists = _lists(endpoints.list_endpoints())
    changes = editing.changed(request, lists)
    editing.refuse_overtaken(request, changes, lists)
    wanted = {
        event: [line.strip() for line in text.splitlines()] for event, text in changes.items()
    }
    gone = [] if is_sure(request) else url_lists.removed_by(wanted)
    if gone:
        losses = (endpoint_words.waiting_words(str(one.id)) for one in gone)
        loss = "\n\n".join(
            f"{effective.display_name(one)}: its secret is removed too, and {its_loss}."
            for one, its_loss in zip(gone, losses, strict=True)
        )
        verb = "Remove it" if len(gone) == 1 else f"Remove {len(gone)} endpoints"
        button = endpoint_words.button_for(verb, [str(one.id) for one in gone])
        question = "Remove this endpoint?" if len(gone) == 1 else "Remove these endpoints?"
        return ask(request, question, loss, button, back="/settings")
    url_lists.replace_subscribed_urls(wanted, form_key=request.form_key)
    return redirect(request, "/settings", done="saved")
