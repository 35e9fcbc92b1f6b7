"""An agent in the foreground."""

import re
import subprocess
import time

from benchmarks.place import end, note


class Agent:
    """`vaultctl agent` with a vault unlocked, for the length of a `with`, after which it must end as it should.

    What is run in its `environment` asks it; no vaultctl there has anything to unlock with."""

    def __init__(self, place, vault, name="agent"):
        self.place = place
        self.vault = vault
        directory = place.directory / name
        directory.mkdir(mode=0o700, exist_ok=True)
        self.socket = directory / "agent.sock"
        self.environment = {**place.environment, "VAULTCTL_AGENT_SOCKET": str(self.socket)}
        del self.environment["VAULTCTL_NO_AGENT"]
        self.log = directory / "log"

    def __enter__(self):
        command = self.place.vaultctl("agent", "--unlock", "--idle", "1h", "--for", "2h", vault=self.vault)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while subprocess.run(self.vaultctl("status", "-q"), env=self.environment, capture_output=True).returncode:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the agent did not start: " + self.log.read_text())
                time.sleep(0.05)
        except BaseException:
            end(self.process)
            raise
        return self

    def __exit__(self, failure, *_):
        start = time.monotonic()
        end(self.process, patience=10)
        if time.monotonic() - start > 1:
            note(f"the agent took {time.monotonic() - start:.0f} s to end")
        if failure is None and self.process.returncode != 0:
            raise SystemExit(f"the agent ended with status {self.process.returncode}: {self.log.read_text()}")

    def vaultctl(self, verb, *arguments):
        return [self.place.program("vaultctl"), *verb.split(), "--vault", str(self.vault), *map(str, arguments)]

    def call(self, verb, *arguments):
        return self.place.call(*self.vaultctl(verb, *arguments), environment=self.environment)

    def measure(self, verb, *arguments):
        return self.place.measure(self.vaultctl(verb, *arguments), self.environment)

    @property
    def peak(self):
        """MiB of memory that it has had at most; None where the kernel does not tell."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
                told = re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.MULTILINE)
        except OSError:
            return None
        return int(told[1]) / 1024 if told else None
