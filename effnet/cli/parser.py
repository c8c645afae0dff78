"""Commands and their help: examples, choices and defaults, and one line on what is wrong."""

import argparse
from collections.abc import Callable
from typing import Any, Never

from effnet.cli.console import Outcome, Result

Run = Callable[[argparse.Namespace], Result | Outcome]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other mistake is said."""

    def error(self, message: str) -> Never:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


class Help(argparse.RawDescriptionHelpFormatter):
    """Examples as they are written, and every default that says something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        silent = action.default in (None, False, "", argparse.SUPPRESS) or not action.option_strings
        if silent or isinstance(action.default, list) or "%(default)" in text:
            return text
        return f"{text} (default: %(default)s)".lstrip()


class Commands:
    """The commands of one parser; every group of them adds its own."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._added = parser.add_subparsers(metavar="command", parser_class=Parser)

    def add(self, name: str, run: Run, line: str, *examples: str) -> argparse.ArgumentParser:
        """A command.

        Args:
            name: What is typed.
            run: What is done with the options.
            line: What it does, in one line.
            *examples: Lines as they are typed, without `effnet` before them.
        """
        shown = "\n".join(f"  effnet {name} {example}".rstrip() for example in examples)
        parser: argparse.ArgumentParser = self._added.add_parser(
            name,
            help=line,
            description=f"{line[0].upper()}{line[1:]}.",
            epilog=f"examples:\n{shown}" if examples else None,
            formatter_class=Help,
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", dest="form", action="store_const", const="json",
                          help="for programs: everything, as JSON")  # fmt: skip
        form.add_argument("--csv", dest="form", action="store_const", const="csv",
                          help="the rows as CSV")  # fmt: skip
        parser.set_defaults(run=run, form="")
        return parser


def number(parser: Any, name: str, **more: Any) -> None:
    """An option that takes a number, such as 1e9 or 2.5."""
    parser.add_argument(name, type=float, metavar="NUMBER", **more)
