"""Hours of the day in which the card is left alone, such as 22:00-07:30, by this machine's clock."""

import re
from datetime import datetime, time, timedelta

import msgspec

from db.errors import UserError
from db.i18n import _

_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\Z")


class QuietHours(msgspec.Struct, frozen=True):
    """From `start` until before `end`, every day; over midnight where the end is the earlier one."""

    start: time
    end: time

    def period(self, at: datetime) -> tuple[datetime, datetime] | None:
        """When the quiet hours that hold at this local time began and end, or None where none hold."""
        for day in (at.date() - timedelta(days=1), at.date()):
            starts = datetime.combine(day, self.start)
            ends = datetime.combine(day + timedelta(days=self.end <= self.start), self.end)
            if starts <= at < ends:
                return starts, ends
        return None


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Quiet hours as a person writes them, None for none; raises `UserError` for anything else."""
    if not text.strip():
        return None
    match = _RANGE.match(text.strip())
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups()) if match else (0, 0, 0, 0)
    try:
        start, end = time(first_hour, first_minute), time(last_hour, last_minute)
    except ValueError:
        start = end = time()
    if start == end:
        raise UserError(
            _("“{text}” are no quiet hours: write them as 22:00-07:30, or leave them empty for none.").format(text=text)
        )
    return QuietHours(start, end)
