"""Comments on tasks; each task counts its own."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.constants import STREAM_NEW_AND_OLD_IMAGE
from pynamodb.expressions.update import Action

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import (
    Table,
    equals_or_absent,
    set_or_remove,
    transaction,
    translating_store_errors,
)
from chalicelib.adapters.dynamodb.tables.settings import Claim
from chalicelib.adapters.dynamodb.tables.tasks import Task
from chalicelib.config import CONFIG


class Comment(Table):
    """A comment on a task. Its id contains the task's: see `domain.comments`."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "comments"
        stream_view_type = STREAM_NEW_AND_OLD_IMAGE

    task_id = NumberAttribute(hash_key=True)
    id = NumberAttribute(range_key=True)
    user_id = NumberAttribute(default=0)
    text = UnicodeAttribute()
    reference = UnicodeAttribute(default="")
    visibility = UnicodeAttribute()
    date_creation = NumberAttribute()
    date_modification = NumberAttribute()
    edits = NumberAttribute(null=True)  # a count of changes; a manual edit does not count
    changed_by = NumberAttribute(null=True)  # the user who made the last counted change
    removed_by = NumberAttribute(null=True)  # the user who is removing it

    def save_new(self, last_comment: int, claim: Claim | None = None) -> None:
        """Write the comment and count it in its task.

        Args:
            last_comment: The task's `last_comment`, as it was read.
            claim: A name to claim in the same write.

        Raises:
            ConditionFailed: The task is gone, another comment was quicker, or the claim is taken.
        """
        is_as_read = Task.task_id.exists() & equals_or_absent(
            Task.last_comment, last_comment or None
        )
        with transaction() as writes:
            counts: list[Action] = [Task.last_comment.set(last_comment + 1), Task.comments.add(1)]
            writes.update(Task(self.task_id), counts, condition=is_as_read)
            writes.save(self, condition=Comment.id.does_not_exist())
            if claim is not None:
                claim.take(writes, self.date_creation)

    def remove(self, author: int = 0) -> None:
        """Remove the comment and lower its task's count; its user is written first, as a task's.

        Raises:
            ConditionFailed: The comment or its task is gone.
        """
        if author or self.removed_by:
            with translating_store_errors():
                removed_by = set_or_remove(Comment.removed_by, author)
                self.update([removed_by], condition=Comment.id.exists())
        with transaction() as writes:
            writes.update(
                Task(self.task_id), [Task.comments.add(-1)], condition=Task.task_id.exists()
            )
            writes.delete(self, condition=Comment.id.exists())

    def change(self, text: str, now: float, author: int = 0) -> None:
        """Replace the text; `author` is the id of a user, 0 for the application.

        Raises:
            ConditionFailed: The comment is gone.
        """
        with translating_store_errors():
            actions: list[Action] = [
                Comment.text.set(text),
                Comment.date_modification.set(int(now)),
                Comment.edits.add(1),
                set_or_remove(Comment.changed_by, author),
            ]
            self.update(actions, condition=Comment.id.exists())

    @classmethod
    def remove_all(cls, task_id: int) -> None:
        """Remove the comments on a removed task."""
        with translating_store_errors(), cls.batch_write() as batch:
            for comment in cls.query(task_id, consistent_read=True):
                batch.delete(comment)
