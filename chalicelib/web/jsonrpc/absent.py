"""Reads of features that Taskhook lacks: Kanboard's clients get Kanboard's empty answers.

The store is asked only for permissions. Writes are not defined, so they answer an honest error.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from chalicelib.domain.accounts import ADMINISTRATOR, PROJECT_MANAGER, PROJECT_VIEWER
from chalicelib.web.jsonrpc.base import ANYBODY, Call, procedure

_Read = tuple[str, dict[str, type], object]

_READS: dict[str, list[_Read]] = {
    PROJECT_VIEWER: [
        ("get_all_subtasks", {"task_id": int}, []),
        ("get_all_task_files", {"task_id": int}, []),
        ("get_all_task_links", {"task_id": int}, []),
        ("get_all_external_task_links", {"task_id": int}, []),
        ("get_external_task_link_by_id", {"task_id": int, "link_id": int}, False),
        ("get_task_metadata", {"task_id": int}, {}),
        ("get_task_metadata_by_name", {"task_id": int, "name": str}, ""),
        ("get_project_metadata", {"project_id": int}, {}),
        ("get_project_metadata_by_name", {"project_id": int, "name": str}, ""),
        ("get_all_project_files", {"project_id": int}, []),
        ("get_project_file", {"project_id": int, "file_id": int}, False),
        ("download_project_file", {"project_id": int, "file_id": int}, ""),
    ],
    PROJECT_MANAGER: [("get_actions", {"project_id": int}, [])],
    # A thing named by its own id is in no project, so only administrators may see it.
    ADMINISTRATOR: [
        ("get_subtask", {"subtask_id": int}, None),
        ("has_subtask_timer", {"subtask_id": int, "user_id": int}, False),
        ("get_subtask_time_spent", {"subtask_id": int, "user_id": int}, 0),
        ("get_task_file", {"file_id": int}, None),
        ("download_task_file", {"file_id": int}, ""),
        ("get_task_link_by_id", {"task_link_id": int}, None),
        ("get_all_links", {}, []),
        ("get_link_by_id", {"link_id": int}, None),
        ("get_link_by_label", {"label": str}, None),
        ("get_opposite_link_id", {"link_id": int}, False),
        ("get_all_groups", {}, []),
        ("get_group", {"group_id": int}, None),
        ("get_member_groups", {"user_id": int}, []),
        ("get_group_members", {"group_id": int}, []),
        ("is_group_member", {"group_id": int, "user_id": int}, False),
    ],
    ANYBODY: [
        ("get_project_by_email", {"email": str}, False),
        ("get_available_actions", {}, {}),
        ("get_available_action_events", {}, {}),
        ("get_compatible_action_events", {"action_name": str}, {}),
        ("get_external_task_link_types", {}, {}),
        ("get_external_task_link_provider_dependencies", {"providerName": str}, False),
    ],
}
"""By required role: a procedure's name, its parameters and its answer."""


def _answering(name: str, parameters: dict[str, type], answer: object) -> Callable[..., Any]:
    """Return a function with this name and these parameters, of any type."""

    def read(_: Call, **_ignored: object) -> object:
        """Return nothing: Taskhook lacks this feature of Kanboard."""
        return answer

    taken = {"_": Call, **parameters}
    by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD
    read.__name__ = name
    read.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(one, by_name, annotation=kind) for one, kind in taken.items()],
        return_annotation=Annotated[Any, answer],
    )
    return read


for _may, _reads in _READS.items():
    for _read in _reads:
        procedure(_may)(_answering(*_read))
