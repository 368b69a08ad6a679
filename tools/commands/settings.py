"""What `manage.py settings` and `manage.py token` can do."""

import argparse

from chalicelib.services import settings
from tools.commands.rows import Row


def settings_show(args: argparse.Namespace) -> Row:
    """Show the settings; tokens only with --secrets."""
    kept = settings.read()
    hidden = "(hidden: add --secrets)"
    off = "(switched off: token rotate makes a new one)"
    tokens = {name: settings.token_in(kept, name) for name in ("webhook_token", "api_token")}
    return {name: off if not token else token if args.secrets else hidden for name, token in tokens.items()}


def token_rotate(args: argparse.Namespace) -> Row:
    """Replace a token by a new one and show it; the key of the sessions is shown to nobody."""
    if args.which == "session":
        settings.rotate_session_key()
        return {"session_key": "(replaced: everybody has to sign in again)"}
    rotate = {"webhook": settings.rotate_webhook_token, "api": settings.rotate_api_token}[args.which]
    return {f"{args.which}_token": rotate()}
