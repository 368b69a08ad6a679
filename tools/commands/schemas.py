"""The commands of `manage.py schema`: they print JSON, and need no store."""

import argparse
import json

from chalicelib.web.schemas import asyncapi, openapi


def schema_openapi(args: argparse.Namespace) -> None:
    """Print the OpenAPI document."""
    print(json.dumps(openapi.document(args.url.rstrip("/")), indent=2))


def schema_asyncapi(_: argparse.Namespace) -> None:
    """Print the AsyncAPI document."""
    print(json.dumps(asyncapi.document(), indent=2))
