"""Who is called: endpoints, circuit breakers, secrets, and Kanboard's URL lists."""
