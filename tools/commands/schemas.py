"""The commands of `taskhook schema`: they print JSON, and need no store."""

import json

from chalicelib.web.schemas import asyncapi, openapi
from tools.verbs.parts import Args


def schema_openapi(args: Args) -> None:
    """Print the OpenAPI document."""
    print(json.dumps(openapi.document(args.url.rstrip("/")), indent=2))


def schema_asyncapi(_: Args) -> None:
    """Print the AsyncAPI document."""
    print(json.dumps(asyncapi.document(), indent=2))
