"""What a terminal shows: tables that fit its width, colours, ages, and limits."""

import io
import re
import time

import pytest

import manage
from chalicelib.services.projects import projects
from tools import printing, terminal_tables
from tools.cells import aged, padded, width_of
from tools.commands.rows import time_text

DELIVERIES = [
    {
        "id": f"ci.{number}.{number}",
        "created_at": time_text(time.time() - 60 * number),
        "endpoint_id": "ci",
        "event_type": "task.modified",
        "task_id": number,
        "status": ("pending", "delivered", "failed")[number % 3],
        "tries": number,
        "due_at": "",
        "outcome": "connection refused by 127.0.0.1, after a while",
    }
    for number in range(1, 5)
]


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self):
        """Say that it is one."""
        return True


@pytest.fixture
def terminal(monkeypatch):
    def terminal(columns, **environ):
        """Take the place of standard output, so wide."""
        for name in ("NO_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"COLUMNS": str(columns), **environ}.items():
            monkeypatch.setenv(name, value)
        shown = Terminal()
        monkeypatch.setattr("sys.stdout", shown)
        return shown

    return terminal


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal_and_no_id_is_cut(terminal, columns):
    shown = terminal(columns)

    printing.show(DELIVERIES, is_json=False)

    lines = plain(shown.getvalue()).splitlines()
    assert [line for line in lines if width_of(line) > columns] == []
    assert [line.split()[0] for line in lines] == ["ID", *(row["id"] for row in DELIVERIES)]


def test_80_columns_show_what_matters_and_120_show_all(terminal):
    heads = []
    for columns in (80, 120):
        shown = terminal(columns)
        printing.show(DELIVERIES, is_json=False)
        heads.append(plain(shown.getvalue()).splitlines()[0].split())

    first = ["ID", "CREATED", "ENDPOINT", "EVENT", "TASK", "STATUS"]
    assert heads == [[*first, "OUTCOME"], [*first, "TRIES", "OUTCOME"]]


def test_a_script_gets_every_value_whole_and_each_column(capsys):
    printing.show(DELIVERIES, is_json=False)

    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == list(DELIVERIES[0])
    assert [line for line in lines if not line.endswith(str(DELIVERIES[0]["outcome"]))] == []
    assert DELIVERIES[0]["created_at"] in lines[0]


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colours_gets_none(terminal, environ):
    coloured, without = terminal(80), None
    printing.show(DELIVERIES, is_json=False)
    without = terminal(80, **environ)
    printing.show(DELIVERIES, is_json=False)

    assert "\x1b[32mdelivered" in coloured.getvalue()
    assert "\x1b" not in without.getvalue()
    assert plain(coloured.getvalue()) == without.getvalue()


def test_a_wide_script_takes_two_columns_for_a_character_and_is_cut_by_that():
    assert [padded("日本語のタイトル", width) for width in (16, 9, 8)] == [
        "日本語のタイトル",
        "日本語の…",
        "日本語… ",
    ]


@pytest.mark.parametrize(
    ("ago", "said"),
    [(5, "5s ago"), (150, "2m ago"), (7200, "2h ago"), (5 * 86400, "5d ago"), (-90, "in 1m")],
)
def test_a_time_is_said_as_an_age(ago, said):
    now = float(int(time.time()))

    assert aged(time_text(now - ago), now) == said


def test_what_is_empty_is_left_out_and_lists_stand_below(terminal):
    shown = terminal(80, NO_COLOR="1")
    row = {"id": 1, "reason": "", "filter": None, "text": "a\nb", "attempts": [{"n": 1}, {"n": 2}]}

    printing.show(row, is_json=False)

    told = "id  1\n\ntext\n  a\n  b\n\nattempts\n  N\n  1\n  2\n"
    assert shown.getvalue() == told


def test_a_long_cell_of_a_list_below_is_not_cut():
    row = [{"number": 1, "answer": "x" * 100}]

    assert terminal_tables.whole(row, 80) is None


@pytest.mark.parametrize(
    ("limit", "shown"), [(None, printing.SHOWN), (0, 40), (10, 10), (40, 40), (50, 40)]
)
def test_a_list_on_a_terminal_is_bounded(terminal, limit, shown):
    terminal(80)
    rows = [{"id": number} for number in range(40)]

    assert printing.limited(rows, limit, is_json=False) == rows[:shown]


@pytest.mark.parametrize("is_json", [True, False])
def test_a_script_gets_all_of_a_list_unless_it_asks_for_less(is_json):
    rows = [{"id": number} for number in range(40)]

    assert printing.limited(rows, None, is_json=is_json) == rows
    assert printing.limited(rows, 5, is_json=is_json) == rows[:5]


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(("limit", "more"), [("1", "only 1 shown"), ("2", ""), ("0", "")])
def test_a_list_says_if_there_is_more(monkeypatch, capsys, limit, more):
    projects.add_project("Website", ["To do"])
    monkeypatch.setattr("sys.argv", ["taskhook", "project", "list", "--limit", limit])

    with pytest.raises(SystemExit, match="0"):
        manage.main()

    said = capsys.readouterr()
    assert len(said.out.splitlines()) - 1 == (int(limit) or 2)
    assert said.err == (f"{more}: --limit 0 shows all\n" if more else "")
