"""Who is called: endpoints, their circuit breakers, their secrets, and the URL lists of Kanboard's settings."""
