"""What the template calls the functions and the tables."""

FUNCTIONS = ("APIHandler", "Dispatch", "Retry", "Sweep")

TABLES = {
    "TasksTable": "tasks",
    "CommentsTable": "comments",
    "EventsTable": "events",
    "ProjectsTable": "projects",
    "UsersTable": "users",
    "EndpointsTable": "endpoints",
    "SourcesTable": "sources",
    "PayloadsTable": "payloads",
    "DeliveriesTable": "deliveries",
    "SettingsTable": "settings",
}
"""The tables by the names that the template gives them, and what the prefix is put before."""
