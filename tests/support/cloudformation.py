"""CloudFormation on 127.0.0.1: moto's, and before it what moto leaves out.

Templates are expanded as AWS does it, by AWS's own code; each resource has its events; a resource
may be told to fail; and tables that are there can be imported.
"""

import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
from moto.cloudformation.models import Event, Stack, cloudformation_backends
from moto.cloudformation.parsing import resource_class_from_type
from moto.dynamodb.models import dynamodb_backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from werkzeug.serving import make_server

ACCOUNT, REGION = "123456789012", "us-east-1"
# Nor does moto know the body of an API, whose deployment it refuses for want of methods, and a
# dashboard's functions.
_NOT_IN_MOTO = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Dashboard",
}


def expand(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template as AWS expands it; no resource is of AWS::Serverless any more."""
    return transform(json.loads(json.dumps(template)), {}, ManagedPolicyLoader(boto3.client("iam")))


def known(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template without the resources that moto does not know, and what is told of them."""
    resources = {
        name: resource | ({"DeletionPolicy": "Retain"} if _is_retained(resource) else {})
        for name, resource in template["Resources"].items()
        if resource["Type"] not in _NOT_IN_MOTO and resource_class_from_type(resource["Type"])
    }
    gone = set(template["Resources"]) - set(resources)
    outputs = {
        name: output
        for name, output in template["Outputs"].items()
        if gone.isdisjoint(re.findall(r"\w+", json.dumps(output["Value"])))
    }
    return {**template, "Resources": resources, "Outputs": outputs}


def _is_retained(resource: Mapping[str, Any]) -> bool:
    return resource.get("DeletionPolicy") == "RetainExceptOnCreate"  # moto would delete it


class CloudFormation:
    """A WSGI application: all of moto, with a CloudFormation that does more."""

    def __init__(self) -> None:
        """Begin with an empty account."""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self.fails: str | None = None
        """The resource that cannot be made."""
        self.looks = 0
        """How often a stack is to be looked at until its next change has ended."""
        self._looks_left = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request."""
        if "/cloudformation/" not in environ.get("HTTP_AUTHORIZATION", ""):
            return self._moto(environ, start_response)
        form = _read_form(environ)
        call = getattr(self, "_" + form["Action"], None)
        if call is None:
            _write_form(environ, form)
            return self._moto(environ, start_response)
        return call(form, environ, start_response)

    def _CreateStack(  # noqa: N802
        self, form: dict[str, str], environ: dict[str, Any], start_response: Any
    ) -> Any:
        return self._bring("CREATE", "ROLLBACK_COMPLETE", form, environ, start_response)

    def _UpdateStack(  # noqa: N802
        self, form: dict[str, str], environ: dict[str, Any], start_response: Any
    ) -> Any:
        return self._bring("UPDATE", "UPDATE_ROLLBACK_COMPLETE", form, environ, start_response)

    def _bring(
        self, verb: str, undone: str, form: dict[str, str], environ: dict[str, Any], start: Any
    ) -> Any:
        assert {form[f"Capabilities.member.{n}"] for n in (1, 2)} == {
            "CAPABILITY_IAM",
            "CAPABILITY_AUTO_EXPAND",
        }
        template = known(expand(_stored(form.pop("TemplateURL"))))
        if self.fails and verb == "CREATE":
            template = {"Resources": {}}
        elif self.fails:
            template = _stack(form["StackName"]).template_dict
        _write_form(environ, {**form, "TemplateBody": json.dumps(template)})
        answer = self._moto(environ, start)
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.lambda_event_source_mappings.clear()  # moto would run dispatch, in Docker
        if verb == "CREATE":
            _complete_tables(template, form["StackName"])
        stack = _stack(form["StackName"])
        self._looks_left, self.looks = self.looks, 0
        for name in template["Resources"]:
            _happened(stack, name, f"{verb}_COMPLETE")
        if self.fails:
            _happened(stack, self.fails, f"{verb}_FAILED", "it has no luck")
            _happened(stack, "RetryQueue", f"{verb}_FAILED", f"Resource {verb.lower()} cancelled")
            stack.status = undone
        return answer

    def _DescribeStacks(  # noqa: N802
        self, form: dict[str, str], environ: dict[str, Any], start_response: Any
    ) -> Any:
        stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
        for stack in stacks:
            if self._looks_left:
                self._looks_left -= 1
                verb, _, _ = stack.status.partition("_")
                stack.status = f"{verb}_IN_PROGRESS" if self._looks_left else f"{verb}_COMPLETE"
        _write_form(environ, form)
        return self._moto(environ, start_response)

    def _CreateChangeSet(  # noqa: N802
        self, form: dict[str, str], environ: dict[str, Any], start_response: Any
    ) -> Any:
        if form["ChangeSetType"] == "UPDATE":
            body = json.dumps(known(expand(_stored(form.pop("TemplateURL")))))
            _write_form(environ, {**form, "TemplateBody": body})
            return self._moto(environ, start_response)
        template = json.loads(form["TemplateBody"])
        imported = {value for name, value in form.items() if name.endswith("LogicalResourceId")}
        assert len(form["TemplateBody"]) <= 51_200
        assert "Outputs" not in template
        assert "Transform" not in template
        assert form["ChangeSetType"] == "IMPORT"
        assert imported == set(template["Resources"])
        assert {resource["DeletionPolicy"] for resource in template["Resources"].values()} == {
            "RetainExceptOnCreate"
        }
        # An import changes neither tags nor role of the stack (CloudFormation User Guide, "Resource
        # import").
        assert not [name for name in form if name.startswith(("Tags.", "RoleARN"))]
        _write_form(environ, form)
        return self._moto(environ, start_response)

    def _ExecuteChangeSet(  # noqa: N802
        self, form: dict[str, str], environ: dict[str, Any], start_response: Any
    ) -> Any:
        """Let moto make tables of its own, and put those that are there in their place."""
        tables = dynamodb_backends[ACCOUNT][REGION].tables
        there = dict(tables)
        tables.clear()
        _write_form(environ, form)
        answer = self._moto(environ, start_response)
        made = set(tables)
        tables.update(there)
        assert made <= set(there)
        [stack] = cloudformation_backends[ACCOUNT][REGION].stacks.values()
        parsed = stack.resource_map._parsed_resources
        for name, one in parsed.items():
            if getattr(one, "name", None) in made:
                parsed[name] = there[one.name]
        return answer


def _read_form(environ: Mapping[str, Any]) -> dict[str, str]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
    return {name: value for name, [value] in parse_qs(body, keep_blank_values=True).items()}


def _write_form(environ: dict[str, Any], form: Mapping[str, str]) -> None:
    body = urlencode(form).encode()
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


def _stored(url: str) -> dict[str, Any]:
    bucket, _, key = urlsplit(url).path.lstrip("/").partition("/")
    found: dict[str, Any] = json.loads(
        boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    )
    return found


def _stack(name: str) -> Stack:
    return cloudformation_backends[ACCOUNT][REGION].get_stack(name)


def _complete_tables(template: Mapping[str, Any], stack: str) -> None:
    """Give tables what moto leaves out when it makes them of a template."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    for resource in template["Resources"].values():
        if not resource["Type"].endswith("::Table"):
            continue
        declared = resource["Properties"]
        name = declared["TableName"]["Fn::Sub"].replace("${AWS::StackName}", stack)
        backend.update_continuous_backups(name, declared["PointInTimeRecoverySpecification"])
        if "TimeToLiveSpecification" in declared:
            backend.update_time_to_live(name, declared["TimeToLiveSpecification"])


def _happened(stack: Stack, resource: str, status: str, reason: str | None = None) -> None:
    stack.events.append(
        Event(stack.stack_id, stack.name, resource, resource, "AWS::Any", status, reason, None)
    )


@contextmanager
def serving(application: CloudFormation) -> Iterator[str]:
    """Serve it, and yield its URL."""
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for backend in (cloudformation_backends, dynamodb_backends):
        backend.reset()  # what other tests have left
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
