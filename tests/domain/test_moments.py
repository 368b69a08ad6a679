"""What a time means: a day in eight digits, epoch seconds in nine, RFC 3339 and ISO 8601."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.moments import read_date, read_moment
from chalicelib.domain.values import Number

DAY = 1_782_864_000  # 2026-07-01
NOON = DAY + 43_200

MOMENTS: dict[str, float | None] = {
    "": None,
    " \t": None,
    "\u200b": None,
    "0": 0,
    "1970-01-01": 0,
    "2026-07-01": DAY,
    "20260701": DAY,
    "2026/07/01": DAY,
    "2026_07_01": DAY,
    "100000000": 100_000_000,
    "1782907200": NOON,
    "1782907200.25": NOON + 0.25,
    "253402300799": 253_402_300_799,
    "2026-07-01 12:00": NOON,
    "2026-07-01T12": NOON,
    "20260701T120000Z": NOON,
    "2026-07-01T12:00:00Z": NOON,
    "2026-07-01t12:00:00z": NOON,
    "2026-07-01T14:00:00+02:00": NOON,
    "2026-07-01T14:00+0200": NOON,
    "2026-07-01T14:00+02": NOON,
    "2026-07-01 06:30-05:30": NOON,
    "2026-07-01T12:00:00.5Z": NOON + 0.5,
    "2026-07-01T12:00:00,1234567Z": NOON + 0.1234567,
    "2026-06-30T24:00": DAY,
    "2026-06-30T24:00:00.0Z": DAY,
    "2016-12-31T23:59:60Z": 1_483_228_800,
    "2016-12-31T15:59:60-08:00": 1_483_228_800,
    "1970-01-01T00:00+00:00": 0,
    "9999-12-31T23:59:59.5": 253_402_300_799.5,
}

NONE = [
    *("1", "12", "123", "2026", "20267", "202607", "2026070", "00", "0000", "00000000"),
    *(
        "99999999",
        "20261301",
        "20260230",
        "1782907200000",
        "9" * 5000,
        "253402300800",
        "1.5",
        "20260701.5",
    ),
    *(
        "soon",
        "tomorrow",
        "2026-7-1",
        "2026-02-30",
        "2026-0701",
        "07/01/2026",
        "2026-07",
        "2026-W27-3",
        "2026-182",
    ),
    *(
        "2026-07-01 25:00",
        "2026-07-01 24:01",
        "2026-07-01T24:00:00.1",
        "2026-07-01 12:60",
        "2026-07-01 12:00:60",
    ),
    *(
        "2026-07-01 12:00:61",
        "2026-07-01 12:00+24:00",
        "2026-07-01 12:00+02:60",
        "2026-07-01Z",
        "2026-07-01T",
    ),
    *(
        "0000-01-01",
        "0001-01-01T00:00+14:00",
        "1969-12-31",
        "1970-01-01T00:00+00:01",
        "-1",
        "+1",
        "1e9",
        "nan",
    ),
    *(" 2026-07-01", "2026-07-01\n", "\u0662\u0660\u0662\u0666-07-01", "2026-07-01T12:00\u017f"),
]


@pytest.mark.parametrize(("text", "seconds"), MOMENTS.items())
def test_a_moment_is_what_its_standard_says(text, seconds):
    assert read_moment("at", text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("text", NONE)
def test_digits_and_dates_that_can_be_misread_are_refused(text):
    with pytest.raises(Refused) as refusal:
        read_moment("at", text)

    assert refusal.value.reasons == {"at": "takes a date such as 2026-07-01 14:25, or nothing"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("20270101", 20_270_101), ("1.5e9", 1.5e9), ("1001.25", 1001.25)],
)
def test_a_json_number_is_epoch_seconds_however_many_digits_it_has(text, seconds):
    assert read_moment("at", Number(text)) == seconds


@pytest.mark.parametrize("text", ["-1", "1e400", "9" * 5000, "253402300800"])
def test_a_json_number_that_no_calendar_has_is_refused(text):
    with pytest.raises(Refused):
        read_moment("at", Number(text))


def test_a_date_is_whole_seconds_and_0_for_none():
    assert [read_date("at", text) for text in (None, "", "0", "2026-07-01T12:00:00.9")] == [
        0,
        0,
        0,
        NOON,
    ]


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


FIRST, LAST = datetime(1970, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001


@settings(max_examples=300)
@given(st.datetimes(FIRST, LAST, timezones=zones), st.sampled_from("T t"))
def test_what_the_standard_library_writes_is_read_as_the_same_moment(moment, separator):
    seconds = read_moment("at", moment.isoformat(sep=separator))

    assert seconds == pytest.approx(moment.timestamp(), abs=1e-5)
