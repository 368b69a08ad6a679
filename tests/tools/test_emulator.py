"""The emulator of Lambda, as its caller sees it."""

import pytest

from tests.support.receivers import Inbox
from tools.emulator import Function, FunctionFailed


def test_a_function_that_took_too_long_has_failed_though_its_answer_is_200(tmp_path):
    log = tmp_path / "log"
    log.write_text("printed by the function")

    with (
        Inbox(200, answer=b"Task timed out after 3.00 seconds") as emulator,
        pytest.raises(FunctionFailed, match="timed out after 3.00 s.*\nprinted by the function"),
    ):
        Function(emulator.server_port, log, pid=0).invoke({})
