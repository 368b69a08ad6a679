"""Taskhook described for programs: OpenAPI for its URLs, AsyncAPI for what endpoints receive.

Nothing here is a second declaration: parameters, procedures, formats and event types are read from
the code that uses them.
"""
