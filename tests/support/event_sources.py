"""What calls the functions on AWS: API Gateway, the stream of tasks, the retry queue."""

import base64
import json
from typing import Any

import boto3

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def client(service: str, url: str) -> Any:
    """Return a client of a service that listens at a URL."""
    return boto3.client(service, endpoint_url=url, **KEYS)  # type: ignore[call-overload]  # it wants a literal


def adding(token: str, title: str, **more: str) -> dict[str, Any]:
    """Return what API Gateway sends for a URL that adds a task."""
    query = {"controller": "task", "action": "add", "token": token, "title": title, **more}
    return {
        "resource": "/",
        "path": "/",
        "httpMethod": "GET",
        "headers": {"Host": "example.com"},
        "multiValueHeaders": {"Host": ["example.com"]},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/",
            "httpMethod": "GET",
            "path": "/api/",
            "stage": "api",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def sending(source_id: str, payload: Any, token: str) -> dict[str, Any]:
    """Return what API Gateway sends for a payload, which has the same id each time."""
    headers = {"Host": "example.com", "Idempotency-Key": "once"}
    route = {
        "resourcePath": "/in/{source_id}",
        "httpMethod": "POST",
        "path": f"/api/in/{source_id}",
    }
    return adding("", "") | {
        "resource": "/in/{source_id}",
        "path": f"/in/{source_id}",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {"token": token},
        "multiValueQueryStringParameters": {"token": [token]},
        "pathParameters": {"source_id": source_id},
        "requestContext": {**route, "stage": "api", "identity": {"sourceIp": "192.0.2.1"}},
        "body": base64.b64encode(json.dumps(payload).encode()).decode(),
        "isBase64Encoded": True,
    }


def rpc(*calls: tuple[str, dict[str, Any]], credentials: str = "jsonrpc:api") -> dict[str, Any]:
    """Return what API Gateway sends for a batch of calls to Kanboard's API."""
    batch = [
        {"jsonrpc": "2.0", "id": name, "method": name, "params": params} for name, params in calls
    ]
    basic = "Basic " + base64.b64encode(credentials.encode()).decode()
    headers = {"Host": "example.com", "Authorization": basic, "Content-Type": "application/json"}
    event = adding("", "") | {
        "resource": "/jsonrpc.php",
        "path": "/jsonrpc.php",
        "httpMethod": "POST",
    }
    context = {
        "resourcePath": "/jsonrpc.php",
        "httpMethod": "POST",
        "path": "/api/jsonrpc.php",
        "stage": "api",
    }
    return event | {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": context,
        "body": base64.b64encode(json.dumps(batch).encode()).decode(),
        "isBase64Encoded": True,
    }


def records_of(store_url: str, table: str) -> list[dict[str, Any]]:
    """Return all records of a table's stream as Lambda's event source mapping hands them over."""
    streams = client("dynamodbstreams", store_url)
    [stream] = streams.list_streams(TableName=table)["Streams"]
    arn = stream["StreamArn"]
    records = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**start)["ShardIterator"]
        records += streams.get_records(ShardIterator=iterator)["Records"]
    return [
        json.loads(json.dumps({**record, "eventSourceARN": arn}, default=_epoch))
        for record in records
    ]


def _epoch(moment: Any) -> float:
    return float(moment.timestamp())


class Queue:
    """A queue, and what Lambda's event source mapping does with it."""

    def __init__(self, url: str, name: str) -> None:
        """Create the queue on the SQS that listens at a URL."""
        self._sqs = client("sqs", url)
        self.url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]

    def put(self, content: object) -> None:
        """Queue a message."""
        self._sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(content))

    def lose(self) -> None:
        """Drop whatever was sent, and what waits for its time too."""
        self._sqs.purge_queue(QueueUrl=self.url)

    def take(self, wait: int = 0) -> list[dict[str, Any]]:
        """Return the messages visible within so many seconds, as Lambda gets them; delete them."""
        found = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        )
        for message in found["Messages"]:
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:"
                + self.url.rpartition("/")[2],
                "awsRegion": "us-east-1",
            }
            for message in found["Messages"]
        ]


def contents(messages: list[dict[str, Any]]) -> list[Any]:
    """Return what messages hold."""
    return [json.loads(message["body"]) for message in messages]
