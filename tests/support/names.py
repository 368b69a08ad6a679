"""Names for events in tests without a store."""

from chalicelib.domain.event_objects import Person


class NoNames:
    """Knows no name of anything."""

    def project(self, project_id: int) -> str | None:
        """Return none."""

    def part(self, kind: str, project_id: int, part_id: int) -> str | None:
        """Return none."""

    def user(self, user_id: int) -> Person | None:
        """Return none."""

    def task_url(self, task_id: int) -> str | None:
        """Return none."""
