"""Staging a function for deployment."""

from pathlib import Path

import pytest

from tools.build import function_names, stage


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    files = {
        "functions/.python-version": "3.13\n",
        "functions/record_usage/main.py": "import shared\n",
        "functions/record_usage/requirements.txt": "flask==3.1.3\n",
        "functions/record_usage/__pycache__/main.pyc": "cache",
        "functions/not_written_yet/requirements.txt": "flask==3.1.3\n",
        "shared/__init__.py": "",
        "shared/domain/prices.json": "{}",
        "shared/domain/__pycache__/prices.pyc": "cache",
        "tests/test_shared.py": "",
    }
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def staged_files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_stages_the_function_beside_a_copy_of_shared_without_caches(repository: Path, tmp_path: Path) -> None:
    folder = stage("record_usage", tmp_path / "dist", repository)
    assert folder == tmp_path / "dist" / "record_usage"
    assert staged_files(folder) == [
        ".python-version",
        "main.py",
        "requirements.txt",
        "shared/__init__.py",
        "shared/domain/prices.json",
    ]


def test_stages_what_is_there_now_and_nothing_of_the_last_time(repository: Path, tmp_path: Path) -> None:
    stage("record_usage", tmp_path / "dist", repository)
    (repository / "shared/domain/prices.json").unlink()
    assert "shared/domain/prices.json" not in staged_files(
        stage("record_usage", tmp_path / "dist", repository)
    )


def test_only_a_folder_with_a_main_is_a_function(repository: Path) -> None:
    assert function_names(repository) == ["record_usage"]
