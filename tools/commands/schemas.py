"""The commands of `manage.py schema`: they print JSON, and need no store."""

import argparse
import json

from chalicelib.web.schemas import openapi


def schema_openapi(args: argparse.Namespace) -> None:
    """Print the OpenAPI document."""
    print(json.dumps(openapi.document(args.url.rstrip("/")), indent=2))
