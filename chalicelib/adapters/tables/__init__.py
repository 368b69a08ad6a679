"""Every table and index, and each write that needs a condition."""

import base64
import lzma
from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection
from pynamodb.constants import LIST, STREAM_NEW_AND_OLD_IMAGE
from pynamodb.exceptions import TableError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.adapters.store import ConditionFailed, TableMeta, reaching_store
from chalicelib.config import CONFIG
from chalicelib.domain.tasks import LARGEST_ITEM


class TasksOfColumn(GlobalSecondaryIndex["Task"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The tasks of a column from top to bottom."""

    class Meta:
        index_name = "by_column"
        projection = AllProjection()

    column_id = NumberAttribute(hash_key=True)
    position = NumberAttribute(range_key=True)


class Task(Model):
    """A task; the names are those that a webhook's body shows."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "tasks"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE

    by_column = TasksOfColumn()

    task_id = NumberAttribute(hash_key=True)
    title = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    project_id = NumberAttribute()
    owner_id = NumberAttribute(default=0)
    category_id = NumberAttribute(default=0)
    column_id = NumberAttribute()
    color_id = UnicodeAttribute()
    score = NumberAttribute(default=0)
    date_due = NumberAttribute(default=0)
    creator_id = NumberAttribute(default=0)
    date_creation = NumberAttribute()
    date_modification = NumberAttribute(default=0)
    date_completed = NumberAttribute(default=0)
    position = NumberAttribute()
    is_active = NumberAttribute(default=1)
    version = NumberAttribute(default=1)

    def change(self, fields: Mapping[str, int | str]) -> None:
        """Write these fields and count the change, unless somebody else was quicker.

        Raises:
            ConditionFailed: The task is no longer as it was read.
        """
        actions = [getattr(Task, field).set(value) for field, value in fields.items()]
        with reaching_store():
            self.update(actions=[*actions, Task.version.add(1)], condition=Task.version == self.version)


class NamedRow(MapAttribute[str, Any]):
    """A column or a category of a project: its id and its name."""

    id = NumberAttribute()
    name = UnicodeAttribute()


def named_rows(ids: Iterable[int], names: Iterable[str]) -> list[NamedRow]:
    """Return columns or categories with these ids and names."""
    return [NamedRow(id=number, name=name) for number, name in zip(ids, names, strict=True)]  # type: ignore[no-untyped-call]


class Project(Model):
    """A project with its columns, in their order, and its categories."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "projects"

    id = NumberAttribute(hash_key=True)
    name = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    columns: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)
    categories: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)


class User(Model):
    """A person who may be assigned tasks, or sign in."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "users"

    id = NumberAttribute(hash_key=True)
    username = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    role = UnicodeAttribute(default="user")
    is_active = BooleanAttribute(default=True)
    password_hash = UnicodeAttribute(default="")


class _Texts(UnicodeSetAttribute):
    """A set of strings; a list of strings, as people write it in the console, is read too."""

    def get_value(self, value: Mapping[str, Any]) -> Any:
        return [item["S"] for item in value[LIST]] if LIST in value else super().get_value(dict(value))


class Endpoint(Model):
    """A configured URL; all but `id` and `url` may be absent."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "endpoints"

    id = UnicodeAttribute(hash_key=True)
    url = UnicodeAttribute()
    events = _Texts(null=True)
    format = UnicodeAttribute(null=True)
    is_active = BooleanAttribute(default=True)
    secret = UnicodeAttribute(null=True)
    previous_secret = UnicodeAttribute(null=True)
    previous_secret_until = NumberAttribute(null=True)
    disabled_reason = UnicodeAttribute(null=True)

    @classmethod
    def raw_rows(cls) -> list[Mapping[str, Any]]:
        """Return every row as the store holds it: a row that cannot be used must not hide the others."""
        rows: list[Mapping[str, Any]] = []
        start = None
        with reaching_store():
            while True:
                page = cls._get_connection().scan(exclusive_start_key=start)
                rows += page["Items"]
                start = page.get("LastEvaluatedKey")
                if not start:
                    return rows

    def keep_secret(self, secret: str) -> str:
        """Store a first secret and return the one that holds: another Lambda may have been quicker."""
        is_first = Endpoint.id.exists() & Endpoint.secret.does_not_exist()
        try:
            with reaching_store():
                self.update(actions=[Endpoint.secret.set(secret)], condition=is_first)
        except ConditionFailed:
            with reaching_store():
                self.refresh(consistent_read=True)
        return str(self.secret)


class _LongText(UnicodeAttribute):
    """A text that is kept compressed where it is long: the body of the largest task must fit an item too."""

    _LONGEST_PLAIN = 100_000
    _PACKED = "lzma:"  # no JSON begins so

    def serialize(self, value: Any) -> str:
        text = str(value).encode()
        if len(text) <= self._LONGEST_PLAIN:
            return str(value)
        return self._PACKED + base64.b85encode(lzma.compress(text, preset=1)).decode()

    def deserialize(self, value: Any) -> str:
        if not value.startswith(self._PACKED):
            return str(value)
        return lzma.decompress(base64.b85decode(value.removeprefix(self._PACKED))).decode()


class DueDeliveries(GlobalSecondaryIndex["Delivery"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The deliveries that wait for an attempt; a settled one has no `due_at` and is not here."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class DeliveriesOfEndpoint(GlobalSecondaryIndex["Delivery"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The deliveries to an endpoint, in the order of their events."""

    class Meta:
        index_name = "by_endpoint"
        projection = AllProjection()

    endpoint_id = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


BODY_NOT_KEPT = "null"
"""Stands in a row for a body that the store cannot keep."""


class Delivery(Model):
    """One event on its way to one endpoint, and each attempt so far."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "deliveries"

    due = DueDeliveries()
    by_endpoint = DeliveriesOfEndpoint()

    id = UnicodeAttribute(hash_key=True)
    endpoint_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    task_id = NumberAttribute()
    task_version = NumberAttribute()
    body = _LongText()
    status = UnicodeAttribute()
    attempts: ListAttribute[Any] = ListAttribute(default=list)
    created_at = NumberAttribute()
    due_at = NumberAttribute(null=True)
    due_shard = NumberAttribute(null=True)
    expires_at = NumberAttribute()

    @property
    def fits(self) -> bool:
        """Whether the store can keep the body; what is written beside it takes a few KB."""
        return len(str(Delivery.body.serialize(self.body)).encode()) <= LARGEST_ITEM - 16_000

    @property
    def outcome(self) -> str:
        """What came of the last attempt, in a few words."""
        if self.body == BODY_NOT_KEPT and self.status == "failed":
            return "given up: the body is too large to be kept for a retry"
        if not self.attempts:
            is_due = self.due_at is not None
            return "waits behind an earlier event of its task" if is_due else "not sent: the endpoint was disabled"
        last = self.attempts[-1]
        return str(last.get("error") or last.get("status"))

    @classmethod
    def save_all(cls, deliveries: Iterable["Delivery"]) -> None:
        """Write the rows, 25 a call."""
        with reaching_store(), cls.batch_write() as batch:
            for delivery in deliveries:
                batch.save(delivery)


class Settings(Model):
    """The one row of what an administrator may change."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "settings"

    id = UnicodeAttribute(hash_key=True, default="settings")
    webhook_token = UnicodeAttribute()
    api_token = UnicodeAttribute()


class Numbers(Model):
    """The one row that counts: the last id given to each kind of thing."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True, default="numbers")
    task = NumberAttribute(default=0)
    project = NumberAttribute(default=0)
    column = NumberAttribute(default=0)
    user = NumberAttribute(default=0)

    @classmethod
    def reserve(cls, kind: str, count: int) -> range:
        """Reserve the next `count` ids of a kind; nobody else is ever given one of them."""
        row, number = cls(), getattr(cls, kind)
        with reaching_store():
            row.update(actions=[number.add(count)])
        last = int(getattr(row, kind))
        return range(last - count + 1, last + 1)


class Claim(Model):
    """A name that is taken: an idempotency key by a task, a username by a user."""

    class Meta(Settings.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    owner = NumberAttribute()
    expires_at = NumberAttribute(null=True)

    @classmethod
    def owner_of(cls, claim_id: str, now: float) -> int | None:
        """Return the id of who took the name, or None where nobody did, or the claim has expired."""
        with reaching_store():
            try:
                claim = cls.get(claim_id, consistent_read=True)
            except cls.DoesNotExist:
                return None
        return None if claim.expires_at is not None and claim.expires_at < now else int(claim.owner)


TABLES: tuple[type[Model], ...] = (Task, Project, User, Endpoint, Delivery, Settings)
_connection = Connection(
    connect_timeout_seconds=TableMeta.connect_timeout_seconds,
    read_timeout_seconds=TableMeta.read_timeout_seconds,
    max_retry_attempts=TableMeta.max_retry_attempts,
)


def create_tables() -> None:
    """Create each table that is not there yet."""
    for table in TABLES:
        with reaching_store():
            if not table.exists():
                _create(table)


def _create(table: type[Model]) -> None:
    try:
        table.create_table(wait=True)
    except TableError as error:
        # Two starts at the same moment: the other one was quicker.
        if error.cause_response_code != "ResourceInUseException":
            raise


def _hash_key(row: Model) -> str:
    return next(name for name, attribute in row.get_attributes().items() if attribute.is_hash_key)


def save_once(rows: Iterable[Model], now: float) -> None:
    """Write all of the rows or none; each must be new. A claim that has expired counts as gone.

    Raises:
        ConditionFailed: One of them is there already.
    """
    with reaching_store(), TransactWrite(connection=_connection) as transaction:
        for row in rows:
            is_new: Condition = getattr(type(row), _hash_key(row)).does_not_exist()
            if isinstance(row, Claim):
                is_new = is_new | (Claim.expires_at < now)
            transaction.save(row, condition=is_new)
