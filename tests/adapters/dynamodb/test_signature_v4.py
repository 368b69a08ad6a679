"""Our signatures beside botocore's of the same requests."""

import calendar
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.signature_v4 import Keys, sign

words = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789/+=-_.", min_size=1, max_size=60)
hosts = st.sampled_from(
    ["dynamodb.eu-west-1.amazonaws.com", "127.0.0.1:8000", "[::1]:4566", "localhost:1"]
)


def signed_by_botocore(url, headers, body, keys, scope):
    request = AWSRequest("POST", url, headers=headers, data=body)
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
    SigV4Auth(credentials, scope[1], scope[0]).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@settings(max_examples=200)
@given(
    headers=st.fixed_dictionaries(
        {
            "host": hosts,
            "content-type": st.just("application/x-amz-json-1.0"),
            "user-agent": words,
            "x-amz-target": words,
        }
    ),
    body=st.binary(max_size=2_000),
    keys=st.builds(Keys, words, words, st.none() | words),
    scope=st.tuples(words, st.sampled_from(["dynamodb", "sqs"])),
)
def test_every_request_is_signed_as_botocore_signs_it(headers, body, keys, scope):
    theirs = signed_by_botocore(f"https://{headers['host']}/", headers, body, keys, scope)
    at = calendar.timegm(time.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ"))

    ours = sign(headers, body, keys, scope, at + 0.999)

    assert ours == theirs


def test_a_key_is_derived_anew_each_day_and_for_each_secret():
    def signature(secret, at):
        headers = {"host": "store"}
        return sign(headers, b"{}", Keys("a", secret), ("us-east-1", "dynamodb"), at)[
            "authorization"
        ]

    signatures = [signature("one", 0), signature("two", 0), signature("one", 86_400)]

    assert len(set(signatures)) == 3
    assert signature("one", 0) == signatures[0]
