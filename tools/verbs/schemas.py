"""The verbs of `taskhook schema`."""

from tools.verbs.parts import Verb, option

_HERE = "http://127.0.0.1:8000"


def verbs() -> tuple[Verb, ...]:
    """Return them."""
    says = f"the address that it names (default: {_HERE})"
    url = option("--url", says, metavar="URL", default=_HERE)
    called = "print the OpenAPI document of what can be called"
    received = "print the AsyncAPI document of what is received"
    example = "--url https://tasks.example.com"
    return Verb("openapi", called, example, (url,)), Verb("asyncapi", received, "")
