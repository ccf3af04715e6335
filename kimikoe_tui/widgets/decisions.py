"""What a person decided of a picture, in words or in few cells; no state is told by colour alone."""

from rich.text import Text

from db.i18n import _
from db.ratings import Decision
from kimikoe_tui.palette import ACCENT, ALARM, FAINT
from kimikoe_tui.text import plain, stars


def decision_text(decision: Decision) -> Text:
    """`★★★☆☆`, `rejected, off model` or `undecided`, and whether it was decided unseen."""
    if decision.rejected and decision.reason:
        text = Text(_("rejected, {reason}").format(reason=plain(decision.reason)), ALARM)
    elif decision.rejected:
        text = Text(_("rejected"), ALARM)
    else:
        text = Text(stars(decision.stars), ACCENT) if decision.stars else Text(_("undecided"), FAINT)
    return text.append(_("  unseen"), ALARM) if decision.unseen else text


def decision_sign(decision: Decision) -> Text:
    """The same in two or three cells: `★3`, `× ` or `· `, and `?` where it was decided unseen."""
    if decision.rejected:
        text = Text("× ", ALARM)
    else:
        text = Text(f"★{decision.stars}", ACCENT) if decision.stars else Text("· ", FAINT)
    return text.append("?", ALARM) if decision.unseen else text
