"""`hearth shell [COMMAND ...]`: a shell, or one command, with everything sourced."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Become the command, or an interactive bash whose prompt says where it is."""
    if arguments:
        program = shutil.which(arguments[0])
        if program is None:
            print(f"hearth shell: no program '{arguments[0]}' on PATH", file=sys.stderr)
            return 127
        os.execv(program, list(arguments))
    # An interactive bash reads the user's own start-up file, which may set PATH: source ours last.
    script = f"{os.environ['HEARTH_ROOT']}/.hearth/env.sh"
    start = f'[ -f ~/.bashrc ] && . ~/.bashrc; . "{script}"; PS1="(hearth) $PS1"'
    read, write = os.pipe()
    os.write(write, start.encode())
    os.close(write)
    os.set_inheritable(read, True)
    return os.execvp("bash", ["bash", "--rcfile", f"/dev/fd/{read}", "-i"])
