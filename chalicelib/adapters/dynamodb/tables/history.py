"""The history of tasks: every event, whether or not an endpoint was called."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import Table, translating_store_errors
from chalicelib.config import CONFIG


class EventsOfProject(GlobalSecondaryIndex["PastEvent"]):  # type: ignore[no-untyped-call]  # PynamoDB leaves __init_subclass__ untyped
    """The events of a project by time."""

    class Meta:
        index_name = "by_project"
        projection = AllProjection()

    project_id = NumberAttribute(hash_key=True)
    happened_at = NumberAttribute(range_key=True)


class PastEvent(Table):
    """An event of a task; `sequence` is its place in the stream of tasks."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "events"

    by_project = EventsOfProject()

    task_id = NumberAttribute(hash_key=True)
    sequence = UnicodeAttribute(range_key=True)
    event_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    project_id = NumberAttribute()
    happened_at = NumberAttribute()
    author = NumberAttribute(null=True)  # the id of the user; absent: there was none
    source = UnicodeAttribute(null=True)  # "source: ID", if a source made the change
    task = UnicodeAttribute()  # the fields as JSON, with `changes`, long texts cut
    expires_at = NumberAttribute()

    @classmethod
    def count_since(cls, project_id: int, happened_at: int, most: int) -> int:
        """Count a project's events since a time in epoch seconds, up to `most`.

        This is one small read; PynamoDB's count would read to the end.
        """
        since = cls.happened_at >= happened_at
        with translating_store_errors():
            page = cls._get_connection().query(
                str(project_id), since, index_name="by_project", limit=most, select="COUNT"
            )
        return int(page["Count"])
