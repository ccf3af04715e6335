"""`kimikoe setting` lists, shows, sets and resets."""

import json

from tests.cli.conftest import Run, refused


def test_settings_are_listed_with_value_default_and_meaning(run: Run) -> None:
    run("setting", "quiet", "22:00-07:30")
    lines = run("setting").stdout.splitlines()
    assert any(line.startswith("quiet") and "22:00-07:30" in line and "(default: none)" in line for line in lines)
    rows = {row["name"]: row for row in json.loads(run("setting", "--json").stdout)}
    assert rows["quiet"]["value"] == "22:00-07:30" and rows["quiet"]["default"] == ""
    assert all(row["meaning"] for row in rows.values())


def test_one_setting_is_shown_set_and_reset(run: Run) -> None:
    assert run("setting", "reserve", "5 GB").stdout.split("  ")[0] == "reserve"
    assert json.loads(run("setting", "reserve", "--json").stdout)[0]["value"] == "5 GB"
    assert "2 GB or 1%" in run("setting", "reserve", "--reset").stdout


def test_bad_names_and_values_are_refused_in_one_line(run: Run) -> None:
    assert "did you mean “quiet”" in refused(run("setting", "quite", "22:00-07:30"))
    assert "write them as 22:00-07:30" in refused(run("setting", "quiet", "at night"))
    assert "--reset" in refused(run("setting", "--reset"))
