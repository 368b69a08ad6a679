"""What API Gateway answers by itself: in the contract's words, and never in its own."""

import pytest

from tests.deployment.conftest import ONE_WORKER

pytestmark = ONE_WORKER

NOT_FOUND = (
    "Not Found: Taskhook has nothing at this path, or takes another method there. Below its own "
    "address a task is "
    "added at /?controller=task&action=add&title=..., the pages begin at /boards, and Kanboard's "
    "API is POST "
    "/jsonrpc.php."
)
ANSWERS = {
    # So AWS calls a path or a method that is not there.
    "MISSING_AUTHENTICATION_TOKEN": (404, NOT_FOUND, None),
    "RESOURCE_NOT_FOUND": (404, NOT_FOUND, None),
    "INVALID_SIGNATURE": (404, NOT_FOUND, None),
    "EXPIRED_TOKEN": (404, NOT_FOUND, None),
    "UNAUTHORIZED": (404, NOT_FOUND, None),
    "DEFAULT_4XX": (None, NOT_FOUND, None),
    "BAD_REQUEST_BODY": (400, "FAILED", None),
    "BAD_REQUEST_PARAMETERS": (400, "FAILED", None),
    "ACCESS_DENIED": (403, "FAILED", None),
    "INVALID_API_KEY": (403, "FAILED", None),
    "WAF_FILTERED": (403, "FAILED", None),
    "REQUEST_TOO_LARGE": (413, "FAILED", None),
    "UNSUPPORTED_MEDIA_TYPE": (415, "FAILED", None),
    "THROTTLED": (429, "FAILED", "1"),
    "QUOTA_EXCEEDED": (429, "FAILED", "60"),
    # A Lambda that failed, was throttled, or took longer than 29 s.
    "DEFAULT_5XX": (None, "FAILED", "1"),
}
"""Each kind of answer that a client can be given without the function, by AWS's names: status,
body, Retry-After.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html;
where a status is None, AWS's own stands. What is not here is an error of an authorizer or an
integration, and falls to DEFAULT_5XX.
"""


@pytest.fixture(scope="module")
def answers(expanded):
    """The answers as API Gateway is given them."""
    return expanded["Resources"]["RestAPI"]["Properties"]["Body"][
        "x-amazon-apigateway-gateway-responses"
    ]


def test_every_answer_of_the_gateway_is_in_the_words_of_the_contract(answers):
    told = {
        kind: (
            int(answer["statusCode"]) if "statusCode" in answer else None,
            answer["responseTemplates"]["text/plain"],
            answer["responseParameters"]
            .get("gatewayresponse.header.Retry-After", "'None'")
            .strip("'"),
        )
        for kind, answer in answers.items()
    }

    assert told == {
        kind: (status, text, str(wait)) for kind, (status, text, wait) in ANSWERS.items()
    }


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_answer_of_the_gateway_is_kept_or_repeats_what_was_asked(answers, kind):
    answer = answers[kind]

    assert answer["responseParameters"]["gatewayresponse.header.Cache-Control"] == "'no-store'"
    assert (
        answer["responseParameters"]["gatewayresponse.header.Content-Type"]
        == "'text/plain; charset=utf-8'"
    )
    assert list(answer["responseTemplates"]) == ["text/plain"]
    assert "$" not in str(answer)  # what begins a variable of what was asked
    assert "token" not in answer["responseTemplates"]["text/plain"].lower()


def test_the_gateway_lets_head_through_wherever_it_lets_get_through(expanded):
    paths = expanded["Resources"]["RestAPI"]["Properties"]["Body"]["paths"]

    assert {path for path, methods in paths.items() if "get" in methods} == {
        path for path, methods in paths.items() if "head" in methods
    }
