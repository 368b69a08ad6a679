"""The commands of `taskhook token`."""

from chalicelib.services.accounts import settings
from tools.commands.rows import Row
from tools.verbs.parts import Args


def token_rotate(args: Args) -> Row:
    """Replace a token and show it; the session key is never shown."""
    if args.which == "session":
        settings.rotate_session_key()
        return {"session_key": "(replaced: everybody has to sign in again)"}
    rotate = {"webhook": settings.rotate_webhook_token, "api": settings.rotate_api_token}[
        args.which
    ]
    return {f"{args.which}_token": rotate()}
