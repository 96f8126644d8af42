"""The tasks of a developer: `nox --list` shows them, `nox -s quick` runs one.

They run in the environment that nox is installed in, which the README's test command makes. Three
make environments of their own: `versions`, one for each Python, `frozen` and `build`.
"""

from __future__ import annotations

import sys

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["quick", "lint", "types", "generated"]

VERSIONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
"""As the classifiers of the project name them."""


def run(session: nox.Session, module: str, *arguments: str) -> None:
    """Run a module of this environment with these arguments, and those given after `--`."""
    session.run(sys.executable, "-m", module, *arguments, *session.posargs)


@nox.session
def quick(session: nox.Session) -> None:
    """Run a slice of the tests through every room; say which ones are slow."""
    run(session, "pytest", "-m", "quick", "--durations", "5", "--durations-min", "1")


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests: every promise once."""
    run(session, "pytest")


@nox.session
def thorough(session: nox.Session) -> None:
    """Run what takes long: many more examples, and the tests marked thorough."""
    run(session, "pytest", "--thorough", "-m", "thorough or hypothesis")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the form of the code."""
    run(session, "ruff", "format", "--check", ".")
    run(session, "ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package and of the tools."""
    run(session, "mypy")


@nox.session
def generated(session: nox.Session) -> None:
    """Check that all that is generated from declarations is up to date."""
    run(session, "tools.generate", "--check")


@nox.session
def generate(session: nox.Session) -> None:
    """Write all that is generated from declarations."""
    run(session, "tools.generate")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Draw random calls of the engine, by every algorithm: `nox -s fuzz -- --seed 7`."""
    run(session, "tests.fuzz", "--paths")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the engine beside other libraries: `nox -s bench -- --rows median`."""
    session.run(sys.executable, "benchmarks/engine.py", *session.posargs)


@nox.session(python=VERSIONS, venv_backend="venv")
def versions(session: nox.Session) -> None:
    """Run the tests with every supported Python that is installed."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(venv_backend="venv")
def frozen(session: nox.Session) -> None:
    """Make a program of the package by PyInstaller, and filter pictures by it."""
    session.install(".", "pyinstaller")
    session.run("python", "-m", "tests.frozen")


@nox.session(venv_backend="venv")
def build(session: nox.Session) -> None:
    """Build the source distribution and the wheel, into dist/, and look at them."""
    session.install("build", "twine")
    session.run("python", "-m", "build", *session.posargs)
    session.run("twine", "check", "--strict", "dist/*")
