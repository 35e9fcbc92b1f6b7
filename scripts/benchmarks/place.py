"""Where everything runs: a directory, an environment of its own, the emulator."""

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

NAME = "prod/databricks-ci"
CLIENT = "22222222-2222-4222-8222-222222222222"
TENANT = "11111111-1111-4111-8111-111111111111"
# What the emulator's built-in directory knows; it opens nothing else.
SECRET = "Xq38Q~example+secret/for=the%emulator.0"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
# Starts a command, its standard error in the first argument, and tells seconds, peak memory in KiB, and status. It is a
# process of its own with few modules, because the kernel never reports less memory for a child than its parent has.
STOPWATCH = """
import posix, sys, time
actions = [
    (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
    (posix.POSIX_SPAWN_OPEN, 1, "/dev/null", posix.O_WRONLY, 0),
    (posix.POSIX_SPAWN_OPEN, 2, sys.argv[1], posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC, 0o600),
]
start = time.perf_counter()
process = posix.posix_spawn(sys.argv[2], sys.argv[2:], posix.environ, file_actions=actions)
_, status, usage = posix.wait4(process, 0)
print(time.perf_counter() - start, usage.ru_maxrss, status)
"""


def note(text):
    print(f"== {text}", file=sys.stderr)


def end(process, patience=10):
    """Ends a process that we started; by force after so many seconds."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Place:
    """A directory with the emulator beside it, and how commands are run there: in an environment of their own, without
    proxies and certificate bundles of the machine's, and asking no agent unless they are given an agent's."""

    def __init__(self, directory, programs):
        self.directory = directory
        self.programs = programs
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory), "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(directory / "data"), "XDG_STATE_HOME": str(directory / "state"),
            "VAULTCTL_NO_AGENT": "1",
        }
        self.errors = directory / "errors"
        self.passphrase = self.write("passphrase", "correct horse battery staple, for a benchmark\n")
        self.secret = self.write("secret", SECRET)
        self.key_file = directory / "key"
        self.authority = None

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    @contextlib.contextmanager
    def emulator(self, served=None):
        """- served: the directory that it serves, and then it writes a line for each request; None: the built-in one."""
        ready, authority = self.directory / "ready", self.directory / "ca.pem"
        options = []
        if served is not None:
            options = ["--log", "--directory", self.write("directory.json", json.dumps(served))]
        with open(self.directory / "emulator.log", "wb") as log:
            process = subprocess.Popen(
                [self.program("entra-emulator"), "--port", "0", "--ca-out", authority, "--ready-file", ready, *options],
                env=self.environment, stdout=log, stderr=log)
            try:
                deadline = time.monotonic() + 60
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit("the emulator did not start: " + (self.directory / "emulator.log").read_text())
                    time.sleep(0.05)
                self.authority, self.ca_file = ready.read_text().strip(), authority
                yield self
            finally:
                end(process)

    @contextlib.contextmanager
    def latency(self, milliseconds):
        """The emulator gives tokens so much later."""
        self.control("POST", "/emulator/faults", {"name": "latency", "milliseconds": milliseconds, "path": "token"})
        yield
        self.control("DELETE", "/emulator/faults")

    def control(self, method, path, document=None):
        request = urllib.request.Request(
            self.authority + path, method=method, headers={"Content-Type": "application/json"},
            data=json.dumps(document).encode() if document is not None else None)
        handlers = [
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ca_file)),
        ]
        with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def program(self, name):
        return str(self.programs / name)

    def call(self, *command, environment=None):
        """Runs a command that must succeed; gives its output."""
        done = subprocess.run(
            [str(part) for part in command], env=environment or self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{command[0]} failed ({done.returncode}): {done.stderr}")
        return done.stdout

    def measure(self, command, environment=None):
        """Runs a command; gives the milliseconds it took and its peak memory in MiB."""
        path = shutil.which(str(command[0]), path=self.environment["PATH"]) or command[0]
        told = self.call(
            sys.executable, "-I", "-S", "-c", STOPWATCH, self.errors, path, *command[1:], environment=environment)
        elapsed, memory, status = told.split()
        if status != "0":
            raise SystemExit(f"{command[0]} ended with status {status}: {self.errors.read_text()}")
        return float(elapsed) * 1e3, int(memory) / 1024

    # What is run

    def vaultctl(self, verb, *arguments, vault, key_file=True):
        unlock = ["--key-file", self.key_file] if key_file else ["--passphrase-file", self.passphrase]
        return [
            self.program("vaultctl"), *verb.split(), "--vault", vault, *unlock, "--ca-file", self.ca_file, *arguments,
        ]

    def inside(self, verb, *arguments, vault):
        return [
            self.program("vault-benchmark"), verb, "--vault", vault, "--key-file", self.key_file,
            "--state-directory", self.directory / "state" / "vaultctl", *arguments,
        ]

    def post(self):
        fields = ["-d", "grant_type=client_credentials", "-d", f"client_id={CLIENT}"]
        fields += ["--data-urlencode", f"client_secret@{self.secret}"]
        fields += ["--data-urlencode", f"scope={DATABRICKS}/.default"]
        url = f"{self.authority}/{TENANT}/oauth2/v2.0/token"
        return ["curl", "--silent", "--show-error", "--fail", "--cacert", self.ca_file, *fields, url]

    def profile(self):
        """The options of `add` for a profile of the emulator's application."""
        places = [part for option in ("authority", "graph", "arm") for part in (f"--{option}", self.authority)]
        return [
            "--client-id", CLIENT, "--tenant", TENANT, "--cloud", "emulator", *places, "--resource", "databricks",
            "--secret-file", self.secret,
        ]

    def make_vault(self, name, profiles):
        """A vault with a passphrase at the default cost, a key file, a profile of the emulator's and a cached token;
        the other profiles are samples that nobody knows."""
        path = self.make_empty_vault(name)
        self.call(*self.vaultctl("add", NAME, *self.profile(), vault=path))
        if profiles:
            self.call(*self.inside("fill", "--count", profiles, vault=path))
        self.call(*self.vaultctl("issue", NAME, vault=path))
        return path

    def make_empty_vault(self, name):
        path = self.directory / name / "vault.db"
        self.call(
            self.program("vaultctl"), "init", "--vault", path, "--passphrase-file", self.passphrase, "--no-recovery")
        self.call(*self.vaultctl("slot add", "--new-key-file", self.key_file, vault=path, key_file=False))
        return path
