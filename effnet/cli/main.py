"""The command line: `effnet`, or `python -m effnet`.

Human tables by default, `--json` and `--csv` for programs. Exit code 0; 1 where a part could not be
done and the rest was; 2 and one clear line on a user's mistake.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import effnet
from effnet.base import EffnetError, missing
from effnet.cli import (
    architectures,
    exports,
    machines,
    paper_tables,
    pictures,
    standalone,
    trainings,
    weight_lists,
)
from effnet.cli.console import Outcome, give, warn
from effnet.cli.parser import Commands, Help, Parser

GROUPS = (
    architectures,
    paper_tables,
    exports,
    machines,
    pictures,
    trainings,
    weight_lists,
    standalone,
)
EXAMPLES = """\
a network is a variant's name (b0, v2_s, lite0), a link ('?phi=1.5'), a spec's .json file, or a
.safetensors file

examples:
  effnet list v1
  effnet count b0
  effnet compare b0 b1 '?phi=1'
  effnet classify photo.jpg 'holidays/*.jpg'
  effnet export b0 b0.onnx

completion in this shell:
  eval "$(effnet --completion bash)"        (or zsh, fish)"""
SHELLS = ("bash", "zsh", "fish", "powershell")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives back the exit code."""
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:  # the shell asks what may come next
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
    if options.completion:
        return _completion(options.completion)
    if not hasattr(options, "run"):
        parser.print_help()
        return 0
    code = 0
    try:
        result = options.run(options)
    except (EffnetError, ModuleNotFoundError) as error:
        said = missing(error) if isinstance(error, ModuleNotFoundError) else error
        if said is None:
            raise
        warn(f"effnet: {said}")
        result, code = getattr(error, "result", None), 2  # a full disk: what it had is shown
        if result is None:
            return code
    except KeyboardInterrupt:
        return 130
    outcome = result if isinstance(result, Outcome) else Outcome(result)
    try:
        give(outcome, form=options.form)
    except BrokenPipeError:  # the reader had enough, as `head` has
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    return code or int(bool(outcome.problems))


def make_parser() -> Parser:
    """All commands."""
    parser = Parser(
        prog="effnet",
        description="Count, compare, scale, run and see EfficientNets.",
        epilog=EXAMPLES,
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=f"effnet {effnet.__version__}")
    parser.add_argument(
        "--completion", choices=SHELLS, help="print what makes this shell complete commands"
    )
    commands = Commands(parser)
    for group in GROUPS:
        group.add(commands)
    return parser


def _completion(shell: str) -> int:
    from argcomplete.shell_integration import shellcode

    name = Path(sys.argv[0]).name
    print(shellcode([name if name.startswith("effnet") else "effnet"], shell=shell))
    return 0
