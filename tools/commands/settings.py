"""The commands of `manage.py settings` and `manage.py token`."""

import argparse

from chalicelib.adapters.dynamodb.tables import Settings
from chalicelib.services.accounts import settings
from tools.commands.rows import Row


def settings_show(args: argparse.Namespace) -> Row:
    """Show the settings; tokens only with --secrets."""
    kept = settings.read()
    return {
        name: _shown(kept, name, is_secret=not args.secrets)
        for name in ("webhook_token", "api_token")
    }


def _shown(kept: Settings, name: str, *, is_secret: bool) -> str:
    if why := settings.why_off(kept, name):
        return f"({why}: token rotate creates a new one)"
    return "(hidden: add --secrets)" if is_secret else settings.token_in(kept, name)


def token_rotate(args: argparse.Namespace) -> Row:
    """Replace a token and show it; the session key is never shown."""
    if args.which == "session":
        settings.rotate_session_key()
        return {"session_key": "(replaced: everybody has to sign in again)"}
    rotate = {"webhook": settings.rotate_webhook_token, "api": settings.rotate_api_token}[
        args.which
    ]
    return {f"{args.which}_token": rotate()}
