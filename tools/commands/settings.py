"""What `manage.py settings` and `manage.py token` can do."""

import argparse

from chalicelib.services import settings
from tools.commands.rows import Row


def settings_show(args: argparse.Namespace) -> Row:
    """Show the settings; tokens only with --secrets."""
    kept = settings.read()
    show = (lambda text: text) if args.secrets else (lambda _: "(hidden: add --secrets)")
    return {"webhook_token": show(kept.webhook_token), "api_token": show(kept.api_token)}


def token_rotate(args: argparse.Namespace) -> Row:
    """Replace a token by a new one and show it; the key of the sessions is shown to nobody."""
    if args.which == "session":
        settings.rotate_session_key()
        return {"session_key": "(replaced: everybody has to sign in again)"}
    rotate = {"webhook": settings.rotate_webhook_token, "api": settings.rotate_api_token}[args.which]
    return {f"{args.which}_token": rotate()}
