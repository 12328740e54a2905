"""Each function is deployed with the packages that its code imports, and asks for no others; checked offline."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import files, packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.tools.test_pins import direct_requirements, pins
from tools.build import function_names, stage

ASK_STRIPE = {"aggregate", "stripe_webhook", "usage_api"}
PRICE_EVENTS = {"record_usage", "usage_api"}
# Files whose imports only some functions run, though all of them carry the files.
RUN_BY = {
    "shared/adapters/catalog_file.py": PRICE_EVENTS,
    "shared/adapters/firebase_auth.py": {"usage_api"},  # members sign in there
    "shared/adapters/pubsub.py": {
        "aggregate"
    },  # publishes the next turns of a tick, and rows for the warehouse
    "shared/adapters/stripe.py": ASK_STRIPE,
    "shared/adapters/stripe_calls.py": ASK_STRIPE,
    "shared/adapters/stripe_endpoint.py": ASK_STRIPE,
    "shared/adapters/webhook_posts.py": {"aggregate"},  # delivers notices
    "shared/domain/prices/book_prices.py": PRICE_EVENTS,
    "shared/domain/prices/catalog.py": PRICE_EVENTS,
    "shared/domain/prices/special_prices.py": PRICE_EVENTS,
    "shared/http/metering/otlp_protobuf.py": {"record_usage"},  # takes spans
}
# Packages that nothing imports by name, with what needs them.
UNNAMED = {"tzdata": "zoneinfo reads the time zones from it where the system has none"}


@pytest.fixture(scope="module", params=function_names())
def function(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def imported(function: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The modules of other packages that a staged function may import, each with the files that do."""
    folder = stage(function, tmp_path_factory.mktemp(function))
    found: dict[str, set[str]] = {}
    seen: set[Path] = set()
    waiting = [folder / "main.py"]
    while waiting:
        if (file := waiting.pop()) in seen:
            continue
        seen.add(file)
        for name in imports(file):
            own = own_files(folder, name)
            waiting += own
            if not own and name.partition(".")[0] not in sys.stdlib_module_names:
                found.setdefault(name, set()).add(str(file.relative_to(folder)))
    return found


def imports(file: Path) -> Iterator[str]:
    """Yield the full name of each module that a file may import, at once or later, but not for its types alone."""
    waiting: list[ast.AST] = [ast.parse(file.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def own_files(folder: Path, name: str) -> list[Path]:
    """Return the files of the function that are run by an import: the packages on the way, and the module."""
    parts = name.split(".")
    ways = [folder.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    candidates = (file for way in ways for file in (way / "__init__.py", way.with_suffix(".py")))
    return [file for file in candidates if file.is_file()]


@cache
def distributions() -> dict[str, set[str]]:
    """Return the packages that provide each top-level module."""
    found = packages_distributions()
    return {module: {str(canonicalize_name(name)) for name in names} for module, names in found.items()}


def providers(name: str) -> set[str]:
    """Return the packages that may provide a module; several share the names google and opentelemetry."""
    module = name.partition(".")[0]
    candidates = distributions().get(module, set())
    if len(candidates) == 1:
        return candidates
    return {each for each in candidates if provides(each, name)}


@cache
def provides(distribution: str, name: str) -> bool:
    modules = {str(each).removesuffix(".py").removesuffix("/__init__") for each in files(distribution) or ()}
    parts = name.split(".")
    return any("/".join(parts[:length]) in modules for length in range(2, len(parts) + 1))


def test_every_import_that_a_function_runs_is_in_its_requirements(
    function: str, imported: dict[str, set[str]]
) -> None:
    deployed = pins(function).keys()
    missing = {file for name, places in imported.items() if not providers(name) & deployed for file in places}
    reached = set().union(*imported.values())
    assert missing == {file for file in reached & RUN_BY.keys() if function not in RUN_BY[file]}


def test_a_function_asks_for_the_packages_that_it_imports_and_no_others(
    function: str, imported: dict[str, set[str]]
) -> None:
    used = set().union(*map(providers, imported)) | UNNAMED.keys()
    asked = {str(canonicalize_name(each.name)) for each in direct_requirements(function)}
    assert asked - used == set()


def test_an_import_inside_a_function_counts_and_one_for_types_does_not(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import stripe\n"
        "if TYPE_CHECKING:\n    import numpy\n"
        "def later() -> None:\n    from google.cloud import firestore\n"
    )
    assert set(imports(file)) == {"stripe", "google.cloud.firestore"}
