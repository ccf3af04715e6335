"""Every command explains itself; commands that scripts use speak JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kimikoe_tui.cli import kimikoe
from tests.cli.conftest import Run

DOCS = Path(__file__).parents[2] / "docs"


def _commands(group: click.Group, path: str = "kimikoe") -> Iterator[tuple[str, click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


kimikoe.learn()
COMMANDS = dict(_commands(kimikoe))


@pytest.mark.parametrize("path", COMMANDS)
def test_help_says_what_it_does_with_an_example(path: str) -> None:
    command = COMMANDS[path]
    assert command.help and "Example:\n" in command.help
    example = command.help.split("Example:\n")[1]
    assert path.removeprefix("kimikoe ").split()[0] in example


def test_commands_that_queue_work_wait_or_detach() -> None:
    queuing = {"ingest", "holds", "tag", "dataset", "train", "generate", "match", "probe", "base add", "tagger add"}
    offered = {path.removeprefix("kimikoe ") for path, command in COMMANDS.items() if _has(command, "--detach")}
    assert offered == queuing


def _has(command: click.Command, option: str) -> bool:
    return any(option in [*param.opts, *param.secondary_opts] for param in command.params)


def test_the_docs_name_every_command() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert {path for path in COMMANDS if f"`{path}" not in text} == set()


def test_query_lists_counts_and_speaks_json(run: Run, film_studio: Path) -> None:
    assert run("query", "glasses", "--count").stdout == "50\n"
    assert run("query", "-glasses", "--count").stdout == "50\n"
    assert run("query", "glasses limit:1").stdout == "film#3  0:00:00\n"
    rows = json.loads(run("query", "glasses frame:90..100", "--json").stdout)
    assert rows[0] == {"film": "film", "frame": 91, "timecode": "0:00:03"}


def test_a_frame_shows_its_tags_and_a_verdict_changes_them_until_undone(run: Run, film_studio: Path) -> None:
    assert "glasses" in run("frame", "film#3").stdout
    said = run("verdict", "film#3", "+character:nagisa", "-glasses", "--scope", "hold")
    assert said.stdout == "+nagisa, -glasses on 2 frames\n"
    tags = {tag["tag"]: tag["origin"] for tag in json.loads(run("frame", "film#4", "--json").stdout)["tags"]}
    assert tags["nagisa"] == "verdict"
    assert run("undo").stdout == "undo: +nagisa, -glasses on 2 frames\n"
    tags = {tag["tag"]: tag["origin"] for tag in json.loads(run("frame", "film#4", "--json").stdout)["tags"]}
    assert tags["glasses"] == "tagger" and "nagisa" not in tags
    assert run("undo", "--redo").stdout == "redo: +nagisa, -glasses on 2 frames\n"


def test_status_tells_where_the_studio_stands(run: Run, film_studio: Path) -> None:
    assert "100 frames → 50 holds → 2 shots" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["studio"]["films"][0]["scored"] == 50


def test_policy_changes_what_counts_without_tagging_again(run: Run, film_studio: Path) -> None:
    run("policy", "--general", "0.7")
    assert run("query", "glasses", "--count").stdout == "0\n"
    assert json.loads(run("policy", "--json").stdout)["general"] == 0.7


def test_queued_work_is_named_in_json_for_scripts(run: Run, film_studio: Path) -> None:
    queued = run("match", "--detach", "--json")
    assert [(job["kind"], job["job"]) for job in json.loads(queued.stdout)] == [("tag", 1), ("match", 2)]


def test_any_act_of_the_history_can_be_taken_back(run: Run, film_studio: Path) -> None:
    run("verdict", "film#4", "+character:shion")
    run("verdict", "film#8", "+character:shion")
    acts = json.loads(run("history", "--json").stdout)
    assert [act["summary"] for act in acts] == ["+shion on 2 frames"] * 2
    assert run("undo", "--act", acts[1]["id"]).returncode == 0
    assert run("query", "shion").stdout == "film#7  0:00:00\nfilm#8  0:00:00\n"
    assert "no act 99" in run("undo", "--act", "99").stderr
