"""Packs what a component deploys (a file, a folder) into a zip that is the same on every machine."""

import io
import posixpath
import zipfile
from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from panka.planner.language.documents import FileSource, Source

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100755 << 16
"""Readable for the function and executable, as a runtime's `bootstrap` must be."""


class Packer:
    """Packs files of one source. `assets` holds every zip made, by its SHA-256."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._paths: list[str] | None = None

    def pack(self, path: str, near: str) -> bytes:
        """The zip of a path as a component wrote it: beside the file `near`, else below the stack's root.

        A file that is a zip stays as it is; a folder's files are at the zip's root. Raises the broken rule PK353.
        """
        for parent in dict.fromkeys((posixpath.dirname(near), "")):
            place = posixpath.normpath(posixpath.join(parent, path))
            files = [one for one in self._all() if place in (".", one) or one.startswith(f"{place}/")]
            if files:
                return self._zip(place, files)
        sentence = f"there is no file or folder `{path}` beside {posixpath.basename(near)} or in the stack's root"
        raise PydanticCustomError("PK353", "{sentence}", {"sentence": sentence, "value": path})

    def read(self, path: str, near: str) -> bytes:
        """A plain file of a component: the first of that path in a `config` folder beside the file `near` or above,
        or beside it or above. Raises the broken rule PK353.
        """
        parent, known = near, set(self._all())
        while parent:
            parent = posixpath.dirname(parent)
            for place in (posixpath.join(parent, "config", path), posixpath.join(parent, path)):
                if posixpath.normpath(place) in known:
                    return self._source.read(posixpath.normpath(place))
        sentence = f"there is no file `{path}` beside {posixpath.basename(near)}, in a `config` folder there, or above"
        raise PydanticCustomError("PK353", "{sentence}", {"sentence": sentence, "value": path})

    def _all(self) -> list[str]:
        if self._paths is None:
            source = self._source
            self._paths = source.beside() if isinstance(source, FileSource) else source.paths()
        return self._paths

    def _zip(self, place: str, files: list[str]) -> bytes:
        if files == [place]:
            if place.endswith(".zip"):
                return self._source.read(place)
            return self._written({posixpath.basename(place): place})
        return self._written({posixpath.relpath(one, place): one for one in files})

    def _written(self, names: dict[str, str]) -> bytes:
        return zipped({name: self._source.read(path) for name, path in names.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files, by their names in it: the same bytes on every machine."""
    buffer = io.BytesIO()
    # Not compressed: what a compressor writes differs between its versions, and with it the function's digest.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _MODE
            entry.create_system = 3
            archive.writestr(entry, content)
    return buffer.getvalue()
