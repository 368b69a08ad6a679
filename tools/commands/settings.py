"""The commands of `taskhook settings`."""

from chalicelib.adapters.dynamodb.tables import Settings
from chalicelib.services.accounts import settings
from tools.commands.rows import Row
from tools.verbs.parts import Args


def settings_show(args: Args) -> Row:
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
