"""Projects with their columns, categories, tags and members."""

from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    UnicodeAttribute,
)

from chalicelib.adapters.dynamodb.client import TableMeta
from chalicelib.adapters.dynamodb.store import (
    Table,
    set_nullable,
    transaction,
    translating_store_errors,
    version_is,
)
from chalicelib.adapters.dynamodb.tables.settings import Claim
from chalicelib.config import CONFIG
from chalicelib.domain.errors import RowBroken


class NamedRow(MapAttribute[str, Any]):
    """A column, category or tag; columns may have a limit and a description, others a colour."""

    id = NumberAttribute()
    name = UnicodeAttribute()
    task_limit = NumberAttribute(null=True)
    description = UnicodeAttribute(null=True)
    color_id = UnicodeAttribute(null=True)


def named_rows(ids: Iterable[int], names: Iterable[str]) -> list[NamedRow]:
    """Return columns, categories or tags with these ids and names."""
    return [NamedRow(id=number, name=name) for number, name in zip(ids, names, strict=True)]  # type: ignore[no-untyped-call]


class Project(Table):
    """A project with its columns, in their order, its categories, tags and members."""

    class Meta(TableMeta):
        table_name = CONFIG.table_prefix + "projects"

    id = NumberAttribute(hash_key=True)
    name = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    columns: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)
    categories: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)
    tags: ListAttribute[NamedRow] = ListAttribute(of=NamedRow, default=list)
    members: MapAttribute[str, str] = MapAttribute(default=dict)  # type: ignore[no-untyped-call]  # roles, by user ids as text
    description = UnicodeAttribute(null=True)
    identifier = UnicodeAttribute(null=True)
    owner_id = NumberAttribute(null=True)
    start_date = UnicodeAttribute(null=True)
    end_date = UnicodeAttribute(null=True)
    last_modified = NumberAttribute(null=True)
    version = NumberAttribute(default=1)
    # The number of additions and removals, which boards show and no event carries.
    comments = NumberAttribute(default=0)

    # The ids of columns that are or were long enough for marks (see `domain.marks`).
    long_columns = NumberSetAttribute(null=True)

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "Project":
        """Return a project as the store holds it.

        Raises RowBroken if it, or a part of it, has no id or no name.
        """
        project = super().from_raw_data(data)
        parts: list[Any] = [project, *project.columns, *project.categories, *project.tags]
        if any(part is None or part.id is None or part.name is None for part in parts):
            raise RowBroken(
                cls._name_of(data),
                "the project and each column, category and tag must have an id and a name",
            )
        return project

    def change(self, fields: Mapping[str, Any], now: float, claim: Claim | None = None) -> None:
        """Write these fields under optimistic locking; identifiers are claimed and freed.

        Args:
            fields: The new values.
            now: Epoch seconds.
            claim: A name to claim in the same write.

        Raises:
            ConditionFailed: The project is no longer as it was read, or the identifier or the claim
                is taken.
        """
        wanted = {**fields, "last_modified": int(now), "version": int(self.version) + 1}
        actions = [set_nullable(getattr(Project, name), value) for name, value in wanted.items()]
        is_as_read = version_is(Project.id, Project.version, int(self.version))
        identifier = fields.get("identifier", self.identifier)
        if identifier == self.identifier and claim is None:
            with translating_store_errors():
                self.update(actions=actions, condition=is_as_read)
            return
        with transaction() as writes:
            writes.update(self, actions, condition=is_as_read)
            if identifier != self.identifier:
                rename(writes, "project", self.identifier, identifier, int(self.id))
            if claim is not None:
                claim.take(writes, now)

    @classmethod
    def note_comment(cls, project_id: int) -> None:
        """Count an added or removed comment. Raises ConditionFailed: The project is gone."""
        with translating_store_errors():
            cls(project_id).update(actions=[cls.comments.add(1)], condition=cls.id.exists())

    @classmethod
    def note_long(cls, project_id: int, column_id: int) -> None:
        """Remember a column as long. Raises ConditionFailed: The project is gone."""
        with translating_store_errors():
            cls(project_id).update(
                actions=[cls.long_columns.add({column_id})], condition=cls.id.exists()
            )

    def remove(self) -> None:
        """Remove the row for good, and free the identifier."""
        with transaction() as writes:
            writes.delete(self)
            rename(writes, "project", self.identifier, None, int(self.id))


def rename(writes: Any, kind: str, old: str | None, new: str | None, owner: int) -> None:
    """Claim a new name, if there is one, and free the old one, in a transaction."""
    if new:
        writes.save(Claim(id=f"{kind}:{new}", owner=owner), condition=Claim.id.does_not_exist())
    if old:
        # A row that was made or renamed by hand has no claim.
        is_own = Claim.owner.does_not_exist() | (Claim.owner == owner)
        writes.delete(Claim(id=f"{kind}:{old}"), condition=is_own)
