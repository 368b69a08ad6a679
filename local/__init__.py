"""The embedded cloud of `make run`; never packaged."""

from pathlib import Path

from chalicelib.domain.errors import StoreUnavailable
from local.directory import DataDirectory
from local.environment import Cloud


def connect(data_dir: Path) -> str:
    """Point this process at the stores of the run that holds `data_dir`, and return its address.

    Call it before `chalicelib.config` is imported.

    Raises:
        StoreUnavailable: Nothing runs there; the message says how to start it.
    """
    run = DataDirectory(data_dir).running()
    if run is None:
        raise StoreUnavailable(
            f"nothing runs on {data_dir}: start it with `make run`, or name its directory with "
            f"--data-dir"
        )
    Cloud(**{field: run[field] for field in Cloud._fields}).enter()
    return str(run.get("url", ""))
