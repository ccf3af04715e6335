"""The registry of keys: no collisions, no keys that terminals confuse, and everything else made from it."""

import re
from collections import Counter

import pytest
from textual.binding import Binding
from textual.geometry import Size

from kimikoe_tui import keys
from kimikoe_tui.screens.blind import BlindRoom
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.dataset import DatasetRoom
from kimikoe_tui.screens.datasets import DatasetsRoom
from kimikoe_tui.screens.facets import FacetsPane
from kimikoe_tui.screens.frames import FramesRoom
from kimikoe_tui.screens.help import HelpScreen, help_rows
from kimikoe_tui.screens.home import HomeRoom
from kimikoe_tui.screens.jobs import JobsRoom
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.matches import MatchesRoom
from kimikoe_tui.screens.menu import CopyMenu, GoMenu, QuickFilterMenu, ReasonMenu
from kimikoe_tui.screens.new import NewRoom
from kimikoe_tui.screens.new_dataset import NewDatasetRoom
from kimikoe_tui.screens.query_line import QueryLine
from kimikoe_tui.screens.runs import RunsRoom
from kimikoe_tui.screens.shots import ShotsRoom
from kimikoe_tui.screens.survey import SurveyRoom
from kimikoe_tui.screens.tag_line import TagLine
from kimikoe_tui.screens.tags import TagsRoom
from kimikoe_tui.screens.views import ViewsPane
from kimikoe_tui.widgets.bars import KeyBar

SCREENS = {
    "shots": ShotsRoom, "query-line": QueryLine, "facets": FacetsPane, "views": ViewsPane,
    "home": HomeRoom, "frames": FramesRoom, "cull": CullRoom, "runs": RunsRoom, "jobs": JobsRoom, "go": GoMenu,
    "survey": SurveyRoom, "blind": BlindRoom, "zoom": CullRoom, "reason": ReasonMenu, "copy": CopyMenu,
    "quick-filter": QuickFilterMenu, "line": LinePrompt, "tag-line": TagLine, "help": HelpScreen,
    "tags": TagsRoom, "datasets": DatasetsRoom, "dataset": DatasetRoom, "new": NewRoom, "form": NewDatasetRoom,
    "matches": MatchesRoom,
}  # fmt: skip
CONFUSED = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+left_square_bracket", "ctrl+b", "ctrl+s"}


def test_every_context_has_a_screen() -> None:
    assert set(SCREENS) == set(keys.CONTEXTS) == set(keys.TITLES)


@pytest.mark.parametrize("context", keys.CONTEXTS)
def test_no_two_keys_collide(context: str) -> None:
    pressed = Counter(each for key in keys.in_context(context) for each in key.keys)
    assert [each for each, times in pressed.items() if times > 1] == []


@pytest.mark.parametrize("context", keys.CONTEXTS)
def test_no_key_is_one_that_terminals_confuse(context: str) -> None:
    assert {each for key in keys.in_context(context) for each in key.keys} & CONFUSED == set()


@pytest.mark.parametrize("context", keys.ROOMS)
def test_outside_a_menu_a_digit_only_rates(context: str) -> None:
    digits = {key.id for key in keys.in_context(context) for each in key.keys if each.isdigit()}
    assert digits == ({f"{context}.rate", f"{context}.clear"} if context in ("cull", "matches") else set())


@pytest.mark.parametrize("context", keys.CONTEXTS)
def test_every_key_is_bound_on_its_screen_to_an_action_it_has(context: str) -> None:
    screen = SCREENS[context]
    merged = screen._merge_bindings()
    bound = {binding.id for bindings in merged.key_to_bindings.values() for binding in bindings if binding.id}
    for key in keys.in_context(context):
        assert any(name == key.id or name.startswith(f"{key.id}.") for name in bound), key.id
        if not key.action.startswith("app."):
            assert hasattr(screen, "action_" + key.action.partition("(")[0]), key.id


def on_a_phone(context: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys in the footer on 45 columns, of which its padding takes two."""
    monkeypatch.setattr(KeyBar, "size", Size(43, 1))
    line = KeyBar(context).render()
    assert line.cell_len <= 43
    return re.split(" {2,}", line.plain.strip())


@pytest.mark.parametrize("context", [*keys.ROOMS, "survey", "blind", "dataset", "form"])
def test_a_phone_shows_five_keys_of_every_room(context: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(on_a_phone(context, monkeypatch)) >= 5


@pytest.mark.parametrize("context", ["line", "tag-line", "query-line", "facets", "views"])
def test_a_phone_shows_how_what_is_open_closes(context: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "esc close" in on_a_phone(context, monkeypatch)


def test_ids_are_unique() -> None:
    every = [binding.id for part in set(sum(keys.CONTEXTS.values(), ())) for binding in keys.bindings(part)
             if isinstance(binding, Binding)]  # fmt: skip
    assert len(every) == len(set(every))


def test_only_rooms_that_exist_are_offered() -> None:
    choices = {key.action for key in keys.GO} - {"choose('first')", "choose('')"}
    assert choices == {f"choose('{room}')" for room in keys.ROOMS}


@pytest.mark.parametrize("context", keys.ROOMS)
def test_help_and_the_manual_name_every_key(context: str) -> None:
    rows, table = help_rows(context), keys.markdown()
    for key in keys.in_context(context):
        assert (key.display, key.description) in rows
        assert f"| {key.description} | {key.id} |" in table


def test_keys_are_displayed_as_people_read_them() -> None:
    shown = {key.id: key.display for key in keys.in_context("cull")}
    assert shown["cull.rate"] == "1-5"
    assert shown["cull.next"] == "space l →"
