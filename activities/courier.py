"""A courier: a second process that loads what talks to AWS, and talks to it, while this one reads the stack.

What talks to AWS takes as long to load as a stack takes to read; side by side both are there in half the time. The
courier finds credentials as every process of Panka does, and passes none on. Nothing depends on it: what it leaves
unanswered is asked again in this process, which is safe because whatever a desk asks may be repeated. It ends with this
process, or at Ctrl-C, and says nothing then.
"""

import contextlib
import gc
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from select import select
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

if TYPE_CHECKING:
    from panka.activities.planning import Account, Reach
    from panka.activities.stores.store import LockStore, ObjectStore

PATIENCE = 120
"""Seconds for one answer. Somebody may have to type the code of a second factor before the first one."""
_AT_ONCE = 5
"""Threads: one tells the answers, the others find them."""
_SIZE = struct.Struct("!Q")
"""The bytes of an answer, which go before it."""
_BROKEN = (OSError, EOFError, pickle.UnpicklingError)
Request: TypeAlias = tuple[Any, ...]
"""A part of `Reach`, one of its methods, and the arguments."""
Answer: TypeAlias = tuple[bool, Any]
"""Whether it succeeded, and the result or the error."""
_FIRST: Request = ("account", "here")
"""What every desk asks first: answered before it is asked."""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Where state is kept, and how AWS is reached."""

    bucket: str
    table: str
    region: str
    endpoint_url: str | None = None
    profile: str | None = None


class Courier:
    """One process, for one bucket, table and region. Not to be shared between threads.

    Where a process may not be split (there are threads, or macOS keeps some that nobody sees) it is a thread.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        """Starts it. It loads what it needs, and waits to be told where to go."""
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(patience)
        self._settings: DeskSettings | None = None
        self._own: Reach | None = None
        self._begun: list[Request] = []
        """What it was told to begin with and has not answered, in order."""
        self._early: list[tuple[Request, Answer]] = []
        """What it has answered and nobody has asked yet."""
        self._meanwhile: list[Callable[[], object]] = []
        """What this process does while it waits for an answer."""
        self.pid: int | None = None
        """None: it is a thread, or has ended."""
        if sys.platform == "linux" and threading.active_count() == 1:
            with contextlib.suppress(OSError):  # no process is to be had: nothing will answer, so all is done here
                self.pid = self._fork(theirs)
        else:
            threading.Thread(target=_serve, args=[theirs], name="courier", daemon=True).start()

    def _fork(self, theirs: socket.socket) -> int:
        with theirs, _deaf_to_interrupts():
            pid = os.fork()
            if not pid:
                self._ours.close()
                _live(theirs)
            return pid

    def send(self, settings: DeskSettings) -> None:
        """Tells it where to go; the first word counts. It asks at once whose the credentials are."""
        if self._settings is None:
            self._settings = settings
            with contextlib.suppress(*_BROKEN):
                self._ours.sendall(pickle.dumps(settings))
                self._begun.append(_FIRST)

    def reach(self, settings: DeskSettings) -> "Reach":
        """What a desk needs, by way of the courier if these are the settings that it was sent with."""
        self.send(settings)
        return _Away(self) if settings == self._settings else _reach(settings)

    def expect(self, part: str, method: str, *arguments: Any) -> None:
        """Has it begin with what will be asked in the same words, beside what else it has begun with.

        Whatever goes wrong is told to whoever asks then.
        """
        if self._settings is None or self._closed:
            return
        request = (part, method, *arguments)
        try:
            self._ours.sendall(pickle.dumps(request))
        except _BROKEN:
            self.close()
        else:
            self._begun.append(request)

    def meanwhile(self, work: Iterable[Callable[[], object]]) -> None:
        """What to do, piece by piece, while an answer is waited for. It may stay undone, and tells nobody anything."""
        self._meanwhile += work

    def ask(self, part: str, method: str, *arguments: Any) -> Any:
        """The answer of a method of `Reach`'s part; raises what that raises."""
        try:
            succeeded, answer = self._answer(part, method, *arguments)
        except _BROKEN:
            return _done(self._here(), part, method, *arguments)
        if not succeeded:
            raise answer
        return answer

    def close(self) -> None:
        """Ends it. Whatever is asked from now on is answered in this process, which may end before it has gone."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
        self._ours.close()

    @property
    def _closed(self) -> bool:
        return self._ours.fileno() < 0

    def _here(self) -> "Reach":
        """The same without the courier, of which nothing is left."""
        if self.pid is not None:
            os.waitpid(self.pid, 0)
            self.pid = None
        assert self._settings is not None  # noqa: S101  # parts are handed out after it was sent
        self._own = self._own or _reach(self._settings)
        return self._own

    def _answer(self, *request: Any) -> Answer:
        if self._closed:
            raise EOFError
        answered = False
        try:
            answer = self._of(request)
            answered = True
        finally:
            if not answered:
                self.close()  # what comes late would be taken for the next answer
        return answer

    def _of(self, request: Request) -> Answer:
        for place, (asked, answer) in enumerate(self._early):
            if asked == request:
                del self._early[place]
                return answer
        while self._begun:
            begun, answer = self._begun.pop(0), self._hear()
            if begun == request:
                return answer
            self._early.append((begun, answer))
        self._ours.sendall(pickle.dumps(request))
        return self._hear()

    def _hear(self) -> Answer:
        while self._meanwhile and not select([self._ours], [], [], 0)[0]:
            self._meanwhile.pop(0)()
        (size,) = _SIZE.unpack(self._hear_bytes(_SIZE.size))
        answer: Answer = pickle.loads(self._hear_bytes(size))  # noqa: S301  # of our own process
        return answer

    def _hear_bytes(self, size: int) -> bytearray:
        """So many. Raises EOFError, OSError."""
        heard = bytearray()
        while len(heard) < size:
            more = self._ours.recv(size - len(heard))
            if not more:
                raise EOFError
            heard += more
        return heard


class _Away:
    """A `Reach` at the courier's."""

    def __init__(self, courier: Courier) -> None:
        self.objects = cast("ObjectStore", _Part(courier, "objects"))
        self.locks = cast("LockStore", _Part(courier, "locks"))
        self.account = cast("Account", _Part(courier, "account"))
        self.expect = courier.expect


class _Part:
    """One of its parts: whatever method is called, the courier calls it."""

    def __init__(self, courier: Courier, name: str) -> None:
        self._courier = courier
        self._name = name

    def __getattr__(self, method: str) -> Any:
        return partial(self._courier.ask, self._name, method)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process that is started meanwhile does not hear Ctrl-C before it is ready to; this one hears it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _reach(settings: DeskSettings) -> "Reach":
    from panka.activities.reach import AwsReach  # noqa: PLC0415  # brings boto3: what the courier spares this process

    return AwsReach(settings)


def _done(reach: "Reach", part: str, method: str, *arguments: Any) -> Any:
    return getattr(getattr(reach, part), method)(*arguments)


def _live(theirs: socket.socket) -> NoReturn:
    """The life of a process. It has no other way out: what has called `fork` goes on in the one that did."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        gc.disable()
        # Whoever reads the output waits until nobody can write to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _serve(theirs)
    finally:
        os._exit(0)


def _serve(theirs: socket.socket) -> None:
    """Answers until nobody asks any more, or until something goes wrong, which whoever has asked then meets itself.

    Whatever has been asked is under way at once.
    """
    with theirs, theirs.makefile("rb") as heard, contextlib.suppress(Exception):
        from panka.activities import reach  # noqa: F401, PLC0415  # loaded before it is known where to go

        there = _reach(pickle.load(heard))  # noqa: S301  # of whoever has started us
        threads, answers = ThreadPoolExecutor(_AT_ONCE), SimpleQueue[Future[bytes] | None]()
        threads.submit(_tell, answers, theirs)
        try:
            answers.put(threads.submit(_answered, there, *_FIRST))
            while True:
                answers.put(threads.submit(_answered, there, *pickle.load(heard)))  # noqa: S301  # as above
        finally:
            answers.put(None)
            threads.shutdown(wait=False)


def _tell(answers: "SimpleQueue[Future[bytes] | None]", theirs: socket.socket) -> None:
    """Tells answers in the order of the questions, until None, or until one cannot be told."""
    try:
        while (answer := answers.get()) is not None:
            told = answer.result()
            theirs.sendall(_SIZE.pack(len(told)) + told)
    finally:
        theirs.shutdown(socket.SHUT_RDWR)


def _answered(there: "Reach", *request: Any) -> bytes:
    try:
        return pickle.dumps((True, _done(there, *request)))
    except Exception as error:  # noqa: BLE001  # told to whoever asked, and ended there
        error.add_note("".join(traceback.format_exception(error)))
        told = pickle.dumps((False, error))
        pickle.loads(told)  # noqa: S301  # one that cannot be put together again is none to tell
        return told
