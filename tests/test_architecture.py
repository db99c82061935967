"""The layer table of the house, the size of its rooms, and what may never stand in the repository."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "encaiss_dashboard"
CODE = sorted((ROOT / PACKAGE).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 400

# layer: (layers of the house it may import besides itself, libraries it may import)
TABLE = {
    "domain": ((), ("stdnum", "holidays", "pyotp", "zxcvbn", "rapidfuzz")),
    "locales": (("domain",), ("babel",)),
    "storage": (("domain",), ("sqlmodel", "sqlalchemy", "polars")),
    "work": (("domain", "storage"), ("sqlmodel",)),
    "services": (
        ("work", "domain", "storage", "locales"),
        ("sqlmodel", "sqlalchemy", "pydantic", "stdnum", "polars", "rapidfuzz"),
    ),
    "adapters": (
        ("domain", "locales"),
        (
            *("stdnum", "segno", "typst", "PIL", "argon2", "babel", "html", "charset_normalizer", "pyrage"),
            *("polars", "python_calamine", "lxml", "facturx", "saxonche", "pypdf", "xlsxwriter", "pydantic"),
            *("imapclient", "mailparser_reply"),
            *("httpx", "anyascii"),
        ),
    ),
    "settings": (("domain",), ()),
    "wiring": (
        ("settings", "work", "storage", "adapters", "domain"),
        ("alembic", "sqlalchemy", "sqlmodel"),
    ),
    "backups": (("settings", "wiring", "storage", "adapters", "domain"), ("sqlalchemy", "pydantic")),
    "jobs": (("services", "wiring", "work", "domain", "locales"), ("huey",)),
    "demo": (
        ("services", "wiring", "jobs", "domain", "locales", "storage", "work"),
        ("sqlmodel", "rich", "stdnum"),
    ),
    "cli": (
        ("services", "wiring", "jobs", "backups", "demo", "domain", "locales", "settings", "work"),
        ("click", "rich", "huey", "sqlalchemy", "reflex", "reflex_base"),
    ),
    "api": (
        ("services", "wiring", "domain", "locales", "work"),
        ("fastapi", "starlette", "pydantic"),
    ),
    "ui": (
        ("services", "wiring", "jobs", "api", "domain", "locales", "work"),
        ("reflex", "reflex_base", "starlette", "pydantic", "plotly", "limits"),
    ),
    "encaiss_dashboard": (("ui",), ("reflex",)),
}
# Rooms of adapters that share what one of them has, and why.
SHARED = {
    # A table of payments is a table: encodings, separators, workbooks and cells are read one way.
    ("adapters.bank_files", "adapters.invoice_files"),
}
READS_THE_CLOCK = {"wiring", "settings", "cli", "jobs"}
# The package itself only says there what a library reads as it is loaded.
READS_THE_ENVIRONMENT = {"settings", "__init__"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("func", "now"),
    ("func", "current_timestamp"),
}
ENVIRONMENT = {("os", "environ"), ("os", "getenv"), ("os", "putenv"), ("os", "environb")}


def layer_of(path):
    inside = path.relative_to(ROOT / PACKAGE)
    return inside.parts[0].removesuffix(".py")


def room_of(path):
    """A layer and the module or package within it: services may import within one, not across."""
    inside = path.relative_to(ROOT / PACKAGE).with_suffix("")
    return ".".join(inside.parts[:2])


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            module = node.module or ""
            for alias in node.names:
                # `from package import module` names a module; what is no module is a name within one.
                longer = f"{module}.{alias.name}"
                yield longer if _is_module(longer) else module


def _is_module(dotted):
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_module_imports_only_what_its_layer_may(path):
    layer = layer_of(path)
    if layer == "__init__":
        assert set(imports(path)) <= {"os"}
        return
    assert layer in TABLE, f"{layer} has no place in the layer table"
    layers, libraries = TABLE[layer]
    for imported in imports(path):
        top, _, rest = imported.partition(".")
        if top != PACKAGE:
            assert top in sys.stdlib_module_names or top in libraries, f"{layer} may not import {imported}"
            continue
        target = rest.split(".")[0]
        if not target or target == layer:
            continue
        assert target in layers, f"{layer} may not import {imported}"


@pytest.mark.parametrize("path", [p for p in CODE if layer_of(p) in {"services", "adapters"}], ids=name)
def test_services_and_adapters_do_not_import_each_other(path):
    own = room_of(path)
    for imported in imports(path):
        parts = imported.split(".")
        if parts[0] == PACKAGE and len(parts) > 2 and parts[1] == layer_of(path):
            other = ".".join(parts[1:3])
            shares = (own.removeprefix(f"{PACKAGE}."), other) in SHARED
            assert other == own or shares, f"{own} may not import {imported}"


def attributes(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield (node.value.id, node.attr), node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from (((node.module or "", alias.name), node.lineno) for alias in node.names)


@pytest.mark.parametrize("path", CODE, ids=name)
def test_only_the_edge_reads_the_clock_and_only_settings_the_environment(path):
    layer = layer_of(path)
    for read, line in attributes(path):
        assert layer in READS_THE_CLOCK or read not in CLOCKS, f"{name(path)}:{line} reads the clock"
        assert layer in READS_THE_ENVIRONMENT or read not in ENVIRONMENT, (
            f"{name(path)}:{line} reads the environment"
        )


def test_the_second_wall_is_passed_only_where_the_rows_of_one_person_are_meant():
    """Each of these asks for whom it is before, and for that person alone behind it."""
    passing = {name(path) for path in CODE if ".past_wall()" in path.read_text(encoding="utf-8")}
    assert passing == {
        "encaiss_dashboard/services/accounts/erasing.py",
        "encaiss_dashboard/services/privacy/bundle.py",
        "encaiss_dashboard/services/privacy/holdings.py",
    }


@pytest.mark.parametrize("path", [*CODE, *TESTS], ids=name)
def test_modules_and_functions_stay_small(path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MODULE_LINES_MAX, f"{name(path)} is too long"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            assert lines <= FUNCTION_LINES_MAX, f"{name(path)}:{node.lineno} {node.name} has {lines} lines"


def ignored():
    rules = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return [re.compile(re.escape(rule.strip("/")).replace(r"\*", ".*") + "$") for rule in rules]


def test_the_top_of_the_repository_is_exactly_the_tree_that_was_agreed():
    agreed = {
        "rxconfig.py",
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        PACKAGE,
        "assets",
        "alembic",
        "tests",
        "benchmarks",
    }
    found = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(rule.match(path.name) for rule in ignored())
    }
    locks = {one for one in found if re.fullmatch(r"requirements(-dev)?\.lock|reflex\.lock", one)}
    assert found - locks == agreed
    assert (ROOT / ".ci" / "run").exists()


LOCKS = [*ROOT.glob("*.lock"), *(ROOT / "reflex.lock").iterdir()]


@pytest.mark.parametrize("path", [p for p in LOCKS if p.is_file()], ids=name)
def test_a_lock_file_names_versions_and_hashes_but_no_host(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links", text)
    if path.name != "package.json":
        assert re.search(r"sha(256|512)[:-]", text)


def texts():
    skipped = {"reflex.lock", "node_modules"}
    for folder in (PACKAGE, "tests", "alembic", "assets", "benchmarks", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not skipped & set(path.parts) and "__pycache__" not in path.parts:
                yield path
    yield from (path for path in ROOT.iterdir() if path.is_file())


def test_nothing_names_a_registry_or_a_path_of_one_machine():
    # Put together here, or this file would be the first to name them.
    registries = ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "npm" + "mirror")
    places = ("/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/")
    pattern = re.compile("|".join(map(re.escape, (*registries, *places))))
    found = []
    for path in texts():
        if path.is_relative_to(ROOT / "tests" / "adapters" / "golden"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}: {match.group()}" for match in pattern.finditer(text)]
    assert not found


def test_every_exception_from_the_linter_says_why():
    bare = re.compile(r"#\s*(noqa(:\s*[A-Z0-9, ]+)?|type: ignore(\[[a-z-, ]+\])?)\s*$")
    found = [
        f"{name(path)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if bare.search(line) and not re.search(r"noqa: ARG00\d", line)
    ]
    assert not found


def test_the_tests_run_as_the_project_says():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    assert "not real and not soak" in options["ini_options"]["addopts"]
