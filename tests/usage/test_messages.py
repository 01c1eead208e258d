"""The page on messages has every message of the package, and no other."""

import re
from pathlib import Path

import pytest
from messages import messages

PAGE = Path(__file__).parents[2] / "docs" / "messages.rst"
SECTIONS = re.split(r"\n.+\n-+\n", PAGE.read_text(encoding="utf-8"))[1:]
ENTRIES = [re.findall(r"^``(.+)``$", section, re.M) for section in SECTIONS]
KNOWN = [entry for entries in ENTRIES for entry in entries]
MESSAGES = messages()


@pytest.mark.parametrize("message", MESSAGES, ids=MESSAGES.get)
def test_message_is_explained(message):
    assert any(message.startswith(entry) for entry in KNOWN), message


@pytest.mark.parametrize("entry", KNOWN)
def test_what_is_explained_is_a_message(entry):
    assert any(message.startswith(entry) for message in MESSAGES)
    assert len(re.findall(r"\w+", entry)) > 1


def sort_key(entry):
    return " ".join(re.findall(r"[a-z0-9]+", entry.lower()))


@pytest.mark.parametrize("entries", ENTRIES, ids=lambda entries: entries[0])
def test_entries_are_sorted(entries):
    assert entries == sorted(entries, key=sort_key)


def test_no_entry_stands_twice():
    assert len(KNOWN) == len(set(KNOWN)) > 150


def test_all_kinds_of_messages_are_found():
    """Raised, warned of, by a name, by a function, by a dict, and in an exception."""
    for start in (
        "X_val has … features",
        "X_val is on another scale",
        "Training diverged",
        "Rows seem to come sorted",
        "Input … contains NaN",
        "X lies between",
        "TwoLayerClassifierCV has no partial_fit",
    ):
        assert any(message.startswith(start) for message in MESSAGES)
