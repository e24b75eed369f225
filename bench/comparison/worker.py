"""A contender's process, which serves the lines that bench/worker.h tells of. What it prints
besides goes to a log. Between its turns it is stopped: some runtimes keep their threads spinning
for a while after a run.
"""
import contextlib
import ctypes
import pathlib
import select
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1


class WorkerError(Exception):
    """The contender cannot go on; the message says why."""


def peak_bytes_of(status):
    """VmHWM in the text of /proc/PID/status."""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmHWM")


def end_with_parent():
    """A stopped process would outlive a conductor that is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Worker:

    def __init__(self, command, environment, log, limit=900):
        self.limit = limit
        self.log_path = pathlib.Path(log)
        self.log = open(log, "w")
        self.stopped = False
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, env=environment, text=True, bufsize=1, preexec_fn=end_with_parent)

    def ask(self, *words):
        """The words after `ok`."""
        self.wake()
        try:
            self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self.last_words()) from None
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            raise WorkerError(f"no answer to `{words[0]}` in {self.limit} s")
        answer = self.process.stdout.readline()
        if answer.split(" ")[0].strip() == "ok":
            return answer.split()[1:]
        raise WorkerError(answer.removeprefix("error ").strip() or self.last_words())

    def run(self, count):
        """The milliseconds of so many runs."""
        return [float(word) for word in self.ask("run", count)]

    def last_words(self):
        lines = [line for line in self.log_path.read_text(errors="replace").splitlines() if line]
        return "it ended" + (f": {lines[-1][:200]}" if lines else "")

    def rest(self):
        if not self.stopped and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            self.stopped = True

    def wake(self):
        if self.stopped:
            self.process.send_signal(signal.SIGCONT)
            self.stopped = False

    def age(self):
        """Seconds since the process was started."""
        return time.monotonic() - self.started

    def peak_bytes(self):
        return peak_bytes_of(pathlib.Path(f"/proc/{self.process.pid}/status").read_text())

    def close(self):
        self.wake()
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):  # of what a dead process did not read
            self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()
