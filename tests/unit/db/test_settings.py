"""Settings: what is written is refused in one line or means the same when it is read again."""

from datetime import datetime, time, timedelta
from sqlite3 import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import library, settings
from db.disk_reserve import Reserve, parse_reserve
from db.errors import UserError
from db.quiet_hours import QuietHours, parse_quiet_hours


def test_every_default_can_be_read(db: Connection) -> None:
    assert {name: settings.value(db, each) for name, each in settings.SETTINGS.items()} == {
        "reserve": Reserve(2 * 10**9, 0.01),
        "quiet": None,
        "notify": "",
        "energy_price": None,
        "energy_currency": "",
        "citation": "",
        "reject_reasons": {
            "b": "bad hands", "m": "off model", "f": "too close to film", "c": "composition", "o": "other",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reserve", "much"), ("reserve", "2 GB or 3 GB"), ("reserve", "60%"), ("reserve", ""), ("reserve", "-1"),
        ("quiet", "22:00"), ("quiet", "25:00-07:00"), ("quiet", "22:00-22:00"), ("quiet", "22:61-07:00"),
        ("notify", "say 'done"), ("notify", "say\nrm"), ("notify", "say \x1b[2J"),
        ("energy_price", "dear"), ("energy_price", "-1"), ("energy_price", "nan"), ("energy_price", "inf"),
        ("energy_currency", "a very long name"),
        ("reject_reasons", "bad hands"), ("reject_reasons", "b bad hands, b blurred"), ("reject_reasons", "5 dull"),
        ("reject_reasons", "b"), ("reject_reasons", "b bad \x1b[2J"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line_and_stores_nothing(db: Connection, name: str, text: str) -> None:
    with pytest.raises(UserError) as refused:
        settings.store(db, name, text)
    assert len(str(refused.value).replace(text, "").splitlines()) == 1
    assert settings.text(db, settings.SETTINGS[name]) == settings.SETTINGS[name].default


def test_a_wrong_name_brings_the_nearest(db: Connection) -> None:
    with pytest.raises(UserError, match="did you mean “reserve”"):
        settings.store(db, "reserv", "2 GB")
    with pytest.raises(UserError, match="`kimikoe setting` lists them"):
        settings.named("zzz")


def test_a_setting_is_stored_read_and_reset(db: Connection) -> None:
    settings.store(db, "energy_price", " 0.32 ")
    assert settings.value(db, settings.ENERGY_PRICE) == 0.32
    settings.reset(db, "energy_price")
    assert settings.value(db, settings.ENERGY_PRICE) is None


def test_a_row_that_another_program_spoilt_means_the_default(db: Connection) -> None:
    library.set_setting(db, "quiet", "whenever")
    assert settings.value(db, settings.QUIET) is None


@pytest.mark.parametrize(
    ("text", "disk", "free"),
    [("2 GB or 1%", 10**12, 2 * 10**9), ("2 GB or 1%", 10**10, 10**8), ("5%", 200, 10), ("1.5MiB", 0, 1572864)],
)
def test_a_reserve_is_bytes_or_a_share_and_the_smaller_of_both(text: str, disk: int, free: int) -> None:
    assert parse_reserve(text).of(disk) == free


times = st.times().map(lambda each: each.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))


@given(times, times, moments)
def test_quiet_hours_end_at_their_end_and_hold_until_just_before(start: time, end: time, at: datetime) -> None:
    if start == end:
        return
    hours = parse_quiet_hours(f"{start:%H:%M}-{end:%H:%M}")
    assert hours == QuietHours(start, end)
    inside = start <= at.time() < end if start < end else at.time() >= start or at.time() < end
    period = hours.period(at)
    assert (period is not None) == inside
    if period is not None:
        starts, ends = period
        assert starts <= at < ends <= at + timedelta(days=1) and (starts.time(), ends.time()) == (start, end)
        assert hours.period(ends - timedelta(microseconds=1)) == period and hours.period(ends) is None
