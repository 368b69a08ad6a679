"""Lists of tasks, each read in order from an index."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.adapters.dynamodb.rows import number_of
from chalicelib.adapters.dynamodb.store import Query, all_pages, translating_store_errors
from chalicelib.adapters.dynamodb.tables import task_texts
from chalicelib.adapters.dynamodb.tables.task_texts import Texts
from chalicelib.adapters.dynamodb.tables.tasks import Row, Task, row_of

_COUNTED_AT_ONCE = 20_000
"""Tasks counted by one call; without a limit dynoxide reads all remaining ones each time."""


def texts_of(project_id: int, is_active: int) -> list[Texts]:
    """Return a project's open (1) or closed (0) tasks as texts."""
    return task_texts.texts_of(all_pages(_query_of_project(project_id, is_active)))


def texts_by_id(task_ids: Iterable[int]) -> dict[int, Texts]:
    """Return the current tasks with these ids as texts; missing ones are left out."""
    rows = task_texts.texts_of(Task.items_by_id(task_ids))
    return {int(row["task_id"]): row for row in rows}


def rows_of(project_id: int, is_active: int, where: Condition | None = None) -> list[Row]:
    """Return a project's open (1) or closed (0) tasks that meet a condition, as plain rows."""
    query = _query_of_project(project_id, is_active, filter_condition=where)
    return [row_of(item) for item in all_pages(query)]


def ids_of(project_id: int, is_active: int) -> list[int]:
    """Return the ids of the open (1) or closed (0) tasks of a project."""
    query = _query_of_project(project_id, is_active, attributes_to_get=["task_id"])
    return sorted(_id_of(item) for item in all_pages(query))


def _query_of_project(project_id: int, is_active: int, **how: Any) -> Query:
    return Task.query_of("by_project", project_id, Task.is_active == is_active, **how)


def cards_of(column_id: int, count: int) -> list[Texts]:
    """Return the topmost open tasks of a column, with the attributes that boards show."""
    query = Task.query_of("by_column", column_id, limit=count)
    rows = task_texts.texts_of(islice(all_pages(query), count))
    # DynamoDB leaves the order of equal ranks open.
    return sorted(rows, key=lambda row: (float(row["rank"]), int(row["task_id"])))


def open_ids(
    column_id: int, offset: int, count: int, *, start: int | None = None
) -> tuple[list[int], int]:
    """Return the ids of open tasks of a column, and the number of skipped ones.

    Args:
        column_id: The column.
        offset: How many tasks to skip.
        count: The most tasks to return.
        start: The rank to begin at; None: the top.
    """
    return _ids_behind(_column_from(column_id, start), offset, count)


def _column_from(column_id: int, start: int | None) -> Query:
    return Task.query_of("by_column", column_id, None if start is None else Task.rank >= start)


def closed_ids(project_id: int, offset: int, count: int) -> list[int]:
    """Return the ids of some closed tasks of a project, in the order of closing."""
    return _ids_behind(Task.query_of("by_closing", project_id), offset, count)[0]


def closed_of(project_id: int, count: int, after: tuple[int, int] | None = None) -> list[Task]:
    """Return the keys and titles of some closed tasks of a project, the last closed first.

    Args:
        project_id: The project.
        count: The most tasks to return.
        after: The closing time and id of the last task of the page before; None: the first page.
    """
    start = None
    if after:
        start = {"project_id": {"N": str(project_id)}, "closed_at": {"N": str(after[0])}}
        start["task_id"] = {"N": str(after[1])}
    with translating_store_errors():
        return list(
            Task.by_closing.query(
                project_id, scan_index_forward=False, limit=count, last_evaluated_key=start
            )
        )


def standing_at(column_id: int, offset: int, count: int, *, start: int | None = None) -> list[Task]:
    """Return the keys of some open tasks of a column; the arguments are those of `open_ids`."""
    query = _column_from(column_id, start)
    key, _ = _pass_over(query, offset)
    if offset and key is None:
        return []
    with translating_store_errors():
        return [
            Task.from_raw_data(item)
            for item in query(exclusive_start_key=key, limit=count)["Items"]
        ]


def count_open(column_id: int, most: int | None = None, *, start: int | None = None) -> int:
    """Count a column's open tasks, up to `most`, from a rank on; None: from the top."""
    return _pass_over(_column_from(column_id, start), most)[1]


def count_between(column_id: int, start: int | None, end: int) -> int:
    """Count a column's open tasks from a rank, None for the top, to before another one."""
    where = Task.rank < end if start is None else Task.rank.between(start, end - 1)
    return _pass_over(Task.query_of("by_column", column_id, where), None)[1]


def keys_from(
    column_id: int, start: int | None, end: int | None = None, page: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield rank and id of a column's open tasks, by rank.

    Args:
        column_id: The column.
        start: The rank to begin at; None: the top.
        end: The last rank; None: the bottom.
        page: How many tasks are read at a time; None: the store decides.
    """
    where: Condition | None = None if start is None else Task.rank >= start
    if end is not None:
        where = Task.rank <= end if start is None else Task.rank.between(start, end)
    names = ["rank", "task_id"]
    query = Task.query_of("by_column", column_id, where, limit=page, attributes_to_get=names)
    for item in all_pages(query):
        yield int(number_of(item["rank"]["N"])), _id_of(item)


def _ids_behind(query: Query, offset: int, count: int) -> tuple[list[int], int]:
    start, passed = _pass_over(query, offset)
    if offset and start is None:
        return [], passed
    rows = all_pages(partial(query, limit=count, attributes_to_get=["task_id"]), start)
    return [_id_of(row) for row in islice(rows, count)], passed


def _pass_over(query: Query, count: int | None) -> tuple[Any, int]:
    """Skip rows, None for all; the store only counts them, and returns a single key.

    Returns:
        The key before the next row, None if there is none, and the number of skipped rows.
    """
    start, passed = None, 0
    while count is None or passed < count:
        limit = _COUNTED_AT_ONCE if count is None else min(count - passed, _COUNTED_AT_ONCE)
        with translating_store_errors():
            page = query(exclusive_start_key=start, limit=limit, select="COUNT")
        start, passed = page.get("LastEvaluatedKey"), passed + page["Count"]
        if start is None:
            break
    return start, passed


def _id_of(item: Mapping[str, Any]) -> int:
    return int(item["task_id"]["N"])
