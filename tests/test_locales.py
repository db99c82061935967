"""Every sentence in every language, with the same facts, for every name the code knows it by."""

import ast
import re
import string
from pathlib import Path

import pytest

import encaiss_dashboard
from encaiss_dashboard.adapters import invoice_files
from encaiss_dashboard.cli import main
from encaiss_dashboard.domain.ageing import bucket_codes
from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import HoldReason, StepCode
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.intake import Field
from encaiss_dashboard.encaiss_dashboard import app
from encaiss_dashboard.locales import LANGUAGES, LETTER_LANGUAGES, catalogue
from encaiss_dashboard.locales import text as sentence
from encaiss_dashboard.storage.journal import ActKind

FOLDER = Path(encaiss_dashboard.__file__).parent
CODE = sorted(FOLDER.rglob("*.py"))
AREAS = {path.stem for path in FOLDER.glob("locales/fr/*.toml")}
KEY = re.compile(rf"({'|'.join(sorted(AREAS))})\.[a-z0-9_+-]+")
LOADED = (invoice_files, main, app)  # importing them defines every refusal there is


def forms(entry):
    return entry.values() if isinstance(entry, dict) else [entry]


def facts(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_keys(lang):
    assert set(catalogue(lang)) == set(catalogue("fr"))


def test_a_language_of_letters_alone_has_all_that_a_debtor_reads_and_nothing_else():
    letters = {key for key in catalogue("fr") if key.startswith("letter.")}
    assert len(letters) > 40
    for lang in set(LETTER_LANGUAGES) - set(LANGUAGES):
        assert set(catalogue(lang)) == letters
        assert all(f"file.language_{lang}" in catalogue(shown) for shown in LANGUAGES)


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_a_sentence_names_the_same_facts_in_every_language(lang):
    """A plural's form for one may leave the number out."""
    for key, entry in catalogue(lang).items():
        french = catalogue("fr")[key]
        assert isinstance(entry, dict) == isinstance(french, dict), key
        named = [facts(text) for text in forms(entry)]
        expected = set().union(*(facts(text) for text in forms(french)))
        assert set().union(*named) == expected, key
        assert all(expected - some <= {"n"} for some in named), key


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 2, 999_999, 1_000_000, 2_000_000])
def test_there_is_a_sentence_for_every_count(lang, count):
    """A million has a form of its own in French."""
    said = sentence(lang, "import.rows", n=count)
    assert re.sub(r"\D", "", said) == str(count)
    assert said.endswith({"fr": "ligne", "nl": "regel", "en": "row"}[lang]) == (
        count == 1 or (count == 0 and lang == "fr")
    )


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_nothing_is_left_empty_or_written_by_machine_habit(lang):
    for key, entry in catalogue(lang).items():
        for text in forms(entry):
            assert text.strip(), key
            assert "..." not in text, f"{key}: three dots for …"
            assert "'" not in text, f"{key}: a straight apostrophe for ’"


def test_french_has_a_narrow_space_before_its_high_marks():
    wrong = [
        key
        for key, entry in catalogue("fr").items()
        for text in forms(entry)
        if re.search(r"(?<=[\w»)}])[?!;]|(?<=[\w)}]) [:?!;»]|« |(?<=\w):(?= |$)", text)
    ]
    assert not wrong


def constants():
    """Every text of the code, and the fixed beginning of every text that is put together."""
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
        for node in ast.walk(tree):
            where = f"{path.name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                yield where, node.value, True
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                yield where, str(node.values[0].value), len(node.values) == 1


def test_every_key_that_the_code_names_exists():
    keys = set(catalogue("fr"))
    missing = []
    for where, value, whole in constants():
        if (
            whole
            and KEY.fullmatch(value)
            and value not in keys
            and not value.endswith((".toml", ".csv", ".typ"))
        ):
            missing.append(f"{where} {value}")
        if not whole and re.fullmatch(rf"({'|'.join(sorted(AREAS))})\.[a-z0-9_]*", value):
            missing += [] if any(key.startswith(value) for key in keys) else [f"{where} {value}…"]
    assert not missing


def first_arguments(*names):
    """The texts given first to functions of these names, or third to those that take row and field."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if getattr(called, "id", getattr(called, "attr", "")) in names:
                yield from (
                    (path.name, a.value)
                    for a in node.args[:3]
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                )


def test_every_problem_in_a_file_has_its_sentence():
    """Codes are the first text of `Problem(…)`, the last of the house's own shorthands for it."""
    fields = {field.value for field in Field}
    named = {
        code
        for _, code in first_arguments("Problem", "_warn", "_refuse", "_problem", "warn", "refuse")
        if code not in fields
    }
    assert len(named) > 10
    assert {f"problem.{code}" for code in named} <= set(catalogue("fr"))


def every_refusal(cls=Refusal):
    yield cls
    for inner in cls.__subclasses__():
        yield from every_refusal(inner)


@pytest.mark.parametrize(
    "prefix, codes",
    [
        (
            "refusal.",
            {
                r.code
                for r in every_refusal()
                if r.__module__.startswith("encaiss_dashboard.") and ".cli." not in r.__module__
            },
        ),
        ("act.", set(ActKind)),
        ("step.", set(StepCode)),
        ("field.", set(Field)),
        ("bucket.", set(bucket_codes())),
        ("cli.held_", set(HoldReason)),
        ("hold.", set(HoldReason)),
        ("debtors.", set(DelegationState)),
        ("overview.", set(DelegationState) - {DelegationState.DELEGATED}),
    ],
)
def test_every_code_of_the_trade_has_its_words(prefix, codes):
    assert {f"{prefix}{code}" for code in codes} <= set(catalogue("fr"))
