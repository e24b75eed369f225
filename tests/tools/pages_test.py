"""pages_test PROGRAM SHARE: the manual that man shows, and what each shell completes."""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import time
import unittest

PROGRAM, SHARE = sys.argv[1], pathlib.Path(sys.argv[2])
BASH = SHARE / "bash-completion/completions/henson"
ZSH = SHARE / "zsh/site-functions"
FISH = SHARE / "fish/vendor_completions.d/henson.fish"


def commands():
    """Those that the help lists."""
    lines = subprocess.run([PROGRAM, "help"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("Subcommands:")) + 1
    names = []
    for line in lines[first:]:
        if not line.strip():
            break
        if line.startswith("  ") and line[2] != " ":
            names.append(line.split()[0])
    return names


class Manual(unittest.TestCase):

    @unittest.skipUnless(shutil.which("groff"), "groff is not there")
    def test_is_sound_and_tells_of_every_command(self):
        page = SHARE / "man/man1/henson.1"
        shown = subprocess.run(["groff", "-Kutf8", "-man", "-Tutf8", "-ww", page], capture_output=True,
                               text=True, check=True, env=os.environ | {"GROFF_NO_SGR": "1"})
        self.assertEqual(shown.stderr, "")
        self.assertGreater(len(commands()), 10)
        for command in commands():
            self.assertIn(f"henson {command}", shown.stdout)
        self.assertNotIn("generate", shown.stdout)
        self.assertIn("--precision", shown.stdout)


class Bash(unittest.TestCase):

    def complete(self, line):
        """What is offered for the last word."""
        script = f"""source '{BASH}'; compopt() {{ :; }}; COMP_WORDS=({line}); [[ '{line}' == *' ' ]] &&
            COMP_WORDS+=(''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _henson
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        return subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True,
                              check=True).stdout.split()

    def test_commands(self):
        self.assertEqual(set(commands()), {word for word in self.complete("henson ")
                                           if not word.startswith("-")})
        self.assertEqual(self.complete("henson emb"), ["embed"])
        self.assertEqual(self.complete("henson help insp"), ["inspect"])

    def test_options_and_their_words(self):
        self.assertEqual(self.complete("henson embed --preci"), ["--precision"])
        self.assertEqual(self.complete("henson embed --precision "), ["fp32", "bf16", "int8"])
        self.assertEqual(self.complete("henson embed --threads "), [])

    def test_files(self):
        for line in ["henson inspect ", "henson embed model.pt --vocab "]:
            found = self.complete(line + str(SHARE) + "/man")
            self.assertEqual(found, [str(SHARE / "man")], line)


@unittest.skipUnless(shutil.which("fish"), "fish is not there")
class Fish(unittest.TestCase):

    def complete(self, line):
        script = f"source '{FISH}'; complete -C '{line}'"
        lines = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True,
                               check=True).stdout.splitlines()
        return [line.split("\t")[0] for line in lines]

    def test_commands_options_and_words(self):
        self.assertEqual(set(self.complete("henson ")), set(commands()))
        self.assertEqual(self.complete("henson embed --preci"), ["--precision"])
        self.assertEqual(set(self.complete("henson embed --precision ")), {"fp32", "bf16", "int8"})
        self.assertEqual(self.complete("henson help insp"), ["inspect"])
        self.assertIn(str(SHARE / "man") + "/", self.complete(f"henson inspect {SHARE}/m"))


@unittest.skipUnless(shutil.which("zsh"), "zsh is not there")
class Zsh(unittest.TestCase):

    def complete(self, line):
        """The line as it stands after a tab, in a shell at a terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="dumb", PS1="ready> ", ZDOTDIR="/nonexistent")
            os.execlp("zsh", "zsh", "-f", "-i")
        try:
            os.write(terminal, f"fpath=('{ZSH}' $fpath); autoload -Uz compinit; compinit -D -u; "
                               "unsetopt prompt_cr prompt_sp; echo set''up\n".encode())
            self.read_until(terminal, "setup\r\n")
            os.write(terminal, line.encode() + b"\t")
            shown = self.read_until(terminal, None)
            os.write(terminal, b"\x03exit\n")
            return shown
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)

    def read_until(self, terminal, end, quiet=2.0, limit=60.0):
        """What is printed up to `end`, or until nothing more is."""
        shown, start = "", time.monotonic()
        while time.monotonic() - start < limit:
            if not select.select([terminal], [], [], quiet)[0]:
                if end is None and shown:
                    return shown
                continue
            shown += os.read(terminal, 4096).decode(errors="replace")
            if end is not None and end in shown:
                return shown
        self.fail(f"zsh printed {shown!r}")

    def test_commands_options_and_words(self):
        self.assertIn("henson embed ", self.complete("henson emb"))
        self.assertIn("--precision", self.complete("henson embed --preci"))
        self.assertIn("bf16", self.complete("henson embed --precision b"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
