"""An encrypted file of named members: age around gzip around tar, never whole in memory.

Each of the three is a public format: ``age -d -i KEYFILE FILE | tar tz`` lists a backup without this
product (https://age-encryption.org/v1, RFC 1952, POSIX ustar). Age authenticates every 64 KiB and the
end, so that a flipped byte or a missing piece is always seen. It does not say who wrote the file:
anybody with the recipient may, so that members are read as hostile. Only plain files with plain names
are understood; no link, no device, no extended header.
"""

from __future__ import annotations

import fcntl
import gzip
import io
import os
import re
import tarfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyrage

from encaiss_dashboard.domain.backups import (
    BackupDamaged,
    BackupRunning,
    Inconsistent,
    KeyUnusable,
    KeyWrong,
    NotABackup,
    NotOverwritten,
)

BLOCK_BYTES: Final = 1 << 16
# Members that are read whole are written in parts of about a mebibyte; one huge row makes it more.
PART_BYTES_MAX: Final = 1 << 26
_MAGIC: Final = b"age-encryption.org/v1\n"
_NO_KEY: Final = "No matching keys"
_KEY_FILE_BYTES_MAX: Final = 1 << 16
_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_.-]*(/[a-z0-9_][a-z0-9_.-]*)*")
_COMPRESSION: Final = 3  # level 6 takes twice as long for a tenth less
_GZIP: Final = 31


@dataclass(frozen=True, slots=True)
class Keys:
    """What a key file holds.

    Attributes:
        recipients: whom backups are written for; the identities' own included.
        identities: what opens them; none on a server that only makes backups.
    """

    recipients: Sequence[Any]
    identities: Sequence[Any]


def make_key(path: Path) -> str:
    """A new key file, readable by its owner only, and the recipient in it as text.

    Raises:
        FileExistsError: a key is never overwritten, for what it locks would be lost.
    """
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"# public key: {recipient}\n{identity}\n")
        out.flush()
        os.fsync(out.fileno())
    return recipient


def read_keys(path: Path) -> Keys:
    """The lines of a key file as ``age-keygen`` writes it; ``#`` begins a remark.

    Raises:
        KeyUnusable: no key in it, or a line that is none.
    """
    with path.open("rb") as stream:
        lines = stream.read(_KEY_FILE_BYTES_MAX).decode("ascii", errors="replace").split("\n")
    recipients, identities = [], []
    for line in filter(None, map(str.strip, lines)):
        try:
            if line.startswith("AGE-SECRET-KEY-"):
                identities.append(pyrage.x25519.Identity.from_str(line))
                recipients.append(identities[-1].to_public())
            elif not line.startswith("#"):
                recipients.append(pyrage.x25519.Recipient.from_str(line))
        except (pyrage.IdentityError, pyrage.RecipientError) as error:
            raise KeyUnusable(file=str(path)) from error
    if not recipients:
        raise KeyUnusable(file=str(path))
    return Keys(recipients, identities)


def blocks(stream: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """A stream to its end, a little at a time."""
    while block := stream.read(BLOCK_BYTES):
        yield block


# ---------------------------------------------------------------- writing


@contextmanager
def replacing(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A stream and the name it is written under beside ``path``, whose place it takes at the end.

    Whenever the process dies, ``path`` is either what it was or the whole new file. When the block
    raises, ``path`` is what it was and nothing is left behind.

    Raises:
        NotOverwritten: ``path`` is something else than a backup.
        BackupRunning: another process is writing to it.
    """
    _refuse_to_overwrite(path)
    temporary = path.with_name(f"{path.name}.part")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = os.path.samestat(os.fstat(descriptor), temporary.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            raise BackupRunning(file=str(path))
        try:
            os.fchmod(descriptor, 0o600)
            stream.truncate()  # left by a process that was killed
            yield stream, temporary
            stream.flush()
            os.fsync(descriptor)
            temporary.replace(path)
            sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _refuse_to_overwrite(path: Path) -> None:
    """A slip of the finger must not put a backup in the place of the database or of the key."""
    if not path.exists() and not path.is_symlink():
        return
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as stream:
            if stream.read(len(_MAGIC)) in {_MAGIC, b""}:
                return
    raise NotOverwritten(file=str(path))


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def member(name: str, size_bytes: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """One member of the tar.

    Raises:
        OSError: the blocks are not as long as was said.
    """
    assert _NAME.fullmatch(name), name
    info = tarfile.TarInfo(name)
    info.size, info.mode = size_bytes, 0o600
    yield info.tobuf(tarfile.USTAR_FORMAT)
    left = size_bytes
    for block in blocks:
        left -= len(block)
        yield block
    if left:
        raise OSError(f"{name} changed while it was read")
    yield bytes(-size_bytes % tarfile.BLOCKSIZE)


def seal(stream: BinaryIO, keys: Keys, members: Iterable[bytes]) -> None:
    """Write what :func:`member` gave, compressed and encrypted for every recipient."""
    source, sink = _Source(_compressed(members)), _Sink(stream)
    try:
        pyrage.encrypt_io(source, sink, keys.recipients)
    except (pyrage.EncryptError, OSError):
        # The library makes a text of what went wrong at either end; the cause is told instead.
        if failure := source.failure or sink.failure:
            raise failure from None
        raise


def _compressed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(_COMPRESSION, wbits=_GZIP)
    for block in blocks:
        yield squeeze.compress(block)
    yield squeeze.compress(bytes(2 * tarfile.BLOCKSIZE))  # the end of a tar
    yield squeeze.flush()


class _Source(io.RawIOBase):
    """Blocks as a stream; what their maker raises is kept for :func:`seal`."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, b"" at the end."""
        try:
            while not self._rest:
                self._rest = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        head, self._rest = self._rest[:size], self._rest[size:]
        return bytes(head)


class _Sink:
    """A stream to write to, as the library wants it; what it raises is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.failure: BaseException | None = None

    def write(self, block: bytes) -> int:
        """All of it."""
        try:
            self._stream.write(block)
        except BaseException as error:
            self.failure = error
            raise
        return len(block)

    def flush(self) -> None:
        """Left to the stream's owner."""


# ---------------------------------------------------------------- reading


@dataclass(slots=True)
class Member:
    """A member while it passes by.

    Attributes:
        name: relative, of small letters, digits and ``_ . - /``; no part of it begins with a point.
        size_bytes: as it says itself.
    """

    name: str
    size_bytes: int
    _stream: BinaryIO
    _left: int

    def blocks(self) -> Iterator[bytes]:
        """Its content."""
        while self._left:
            block = _exactly(self._stream, min(self._left, BLOCK_BYTES))
            self._left -= len(block)
            yield block

    def read(self) -> bytes:
        """All of it, where that is little.

        Raises:
            Inconsistent: more than ``PART_BYTES_MAX``.
        """
        if self.size_bytes > PART_BYTES_MAX:
            raise Inconsistent
        return b"".join(self.blocks())


@contextmanager
def unsealed(path: Path, keys: Keys) -> Iterator[Iterator[Member]]:
    """The members of a file that :func:`seal` wrote, one after the other.

    Whatever was done with a member counts only once the block has ended without an exception: a
    piece that is missing at the end is seen at the end.

    Raises:
        NotABackup: another kind of file, or another content.
        KeyWrong: written for none of these identities.
        BackupDamaged: cut short or altered.
    """
    with path.open("rb") as sealed:
        if sealed.read(len(_MAGIC)) != _MAGIC:
            raise NotABackup(file=str(path))
        sealed.seek(0)
        opener = _Opener(sealed, keys)
        try:
            with opener.stream, gzip.open(opener.stream) as content:
                yield _members(content)
                for _ in blocks(content):
                    pass
        except (
            EOFError,
            gzip.BadGzipFile,
            zlib.error,
            tarfile.HeaderError,
            Inconsistent,
            UnicodeError,
        ) as error:
            opener.join()
            if opener.failure:
                raise _why(opener.failure, path) from error
            raise NotABackup(file=str(path)) from error
        except BaseException:
            opener.join()
            raise
        opener.join()
        if opener.failure:
            raise _why(opener.failure, path) from opener.failure


class _Opener:
    """Decrypts in a thread of its own, into a pipe: the library pushes and everything else pulls."""

    def __init__(self, sealed: BinaryIO, keys: Keys) -> None:
        out, self._into = os.pipe()
        self.stream = os.fdopen(out, "rb")
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(sealed, keys), daemon=True)
        self._thread.start()

    def _run(self, sealed: BinaryIO, keys: Keys) -> None:
        with os.fdopen(self._into, "wb") as into:
            sink = _Sink(into)
            try:
                pyrage.decrypt_io(sealed, sink, keys.identities)
                into.flush()
            except BaseException as error:  # noqa: BLE001 - told by the thread that reads
                # Nobody reads any more: that thread has its own reason.
                self.failure = None if sink.failure else error
            with suppress(OSError):
                into.close()

    def join(self) -> None:
        """Wait for the end, which a closed pipe brings about."""
        self.stream.close()
        self._thread.join()


def _why(failure: BaseException, path: Path) -> BaseException:
    if isinstance(failure, pyrage.DecryptError) and str(failure).startswith(_NO_KEY):
        return KeyWrong(file=str(path))
    if isinstance(failure, pyrage.DecryptError | OSError):
        return BackupDamaged(file=str(path))
    return failure


def _members(stream: Any) -> Iterator[Member]:
    while any(block := _exactly(stream, tarfile.BLOCKSIZE)):
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        if info.type != tarfile.REGTYPE or info.size < 0 or not _NAME.fullmatch(info.name):
            raise Inconsistent
        passing = Member(info.name, info.size, stream, info.size)
        yield passing
        for _ in passing.blocks():
            pass  # what nobody wanted
        _exactly(stream, -info.size % tarfile.BLOCKSIZE)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    block = stream.read(size)
    if len(block) != size:
        raise EOFError
    return block
