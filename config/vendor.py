"""Bring the browser libraries from npm into static/vendor: `python config/vendor.py`.

The copies are committed, so nobody needs Node to run the site. The manifest names origin, licence
and checksum of every file; a test compares them.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FOLDER = Path(__file__).resolve().parent.parent / "static" / "vendor"
# Maps are not shipped, and hashed static files fail on a map that is named but absent.
SOURCE_MAP = re.compile(rb"\s*(//#|/\*#)\s*sourceMappingURL=\S+\s*(\*/)?\s*$")


@dataclass(frozen=True)
class Library:
    """One npm package at one version, and the files of it that pages load."""

    package: str
    version: str
    licence: str
    licence_file: str
    files: tuple[str, ...]
    imports: tuple[tuple[str, str], ...] = ()  # bare module names and what they become

    @property
    def folder_name(self) -> str:
        name = self.package.rsplit("/")[-1].removesuffix(".org")
        return f"{name}-{self.version}"


LIBRARIES = (
    Library(
        "bootstrap",
        "5.3.9",
        "MIT",
        "LICENSE",
        ("dist/css/bootstrap.min.css", "dist/js/bootstrap.bundle.min.js"),
    ),
    Library("chart.js", "4.6.1", "MIT", "LICENSE.md", ("dist/chart.umd.min.js",)),
    Library("htmx.org", "2.0.11", "0BSD", "LICENSE", ("dist/htmx.min.js",)),
    Library(
        "openseadragon",
        "6.1.1",
        "BSD-3-Clause",
        "LICENSE.txt",
        ("build/openseadragon/openseadragon.min.js", "build/openseadragon/images"),
    ),
    # Polygon arithmetic on whole numbers, so that no edit can leave a crossing behind.
    Library(
        "clipper2-ts",
        "2.0.1",
        "BSL-1.0",
        "LICENSE",
        tuple(
            f"dist/{name}.js"
            for name in (
                *("index", "Clipper", "Core", "Engine", "Minkowski", "Offset", "OutPtPool"),
                *("RectClip", "Triangulation", "VertexPool"),
            )
        ),
    ),
    Library("d3-array", "3.2.5", "ISC", "LICENSE", ("dist/d3-array.mjs",)),
    Library(
        "d3-contour",
        "4.0.3",
        "ISC",
        "LICENSE",
        ("dist/d3-contour.mjs",),
        (("d3-array", "../d3-array-3.2.5/d3-array.js"),),
    ),
    Library("idb", "8.0.4", "ISC", "LICENSE", ("build/index.js",)),
    Library("quickselect", "3.0.0", "ISC", "LICENSE", ("index.js",)),
    Library(
        "rbush",
        "4.0.1",
        "MIT",
        "LICENSE",
        ("index.js",),
        (("quickselect", "../quickselect-3.0.0/index.js"),),
    ),
    Library("tus-js-client", "4.3.1", "MIT", "LICENSE", ("dist/tus.min.js",)),
    Library(
        "@fontsource/ibm-plex-sans",
        "5.3.0",
        "OFL-1.1",
        "LICENSE",
        tuple(f"files/ibm-plex-sans-latin-{weight}-normal.woff2" for weight in (400, 600)),
    ),
)


def without_source_map(content: bytes) -> bytes:
    """The file without its closing sourceMappingURL comment; any other file unchanged."""
    return SOURCE_MAP.sub(b"\n", content)


def with_addresses(content: bytes, imports: tuple[tuple[str, str], ...]) -> bytes:
    """The module with its bare imports made relative: browsers have no node_modules."""
    for name, address in imports:
        bare = re.compile(rb"(from\s*)(['\"])" + re.escape(name).encode() + rb"\2")
        content = bare.sub(rb"\1'" + address.encode() + b"'", content)
    return content


def unpack(library: Library, folder: Path) -> Path:
    """Download the package with the npm client, run nothing of it, give its unpacked root."""
    name = f"{library.package}@{library.version}"
    packed = subprocess.run(
        ["npm", "pack", name, "--pack-destination", str(folder), "--silent"],
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(folder / library.folder_name, filter="data")
    return folder / library.folder_name / "package"


def wanted_files(library: Library, root: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """(file in the package, its path in our folder): flat, but a folder keeps its name."""
    yield root / library.licence_file, PurePosixPath("LICENCE")
    for name in library.files:
        source = root / name
        if source.is_dir():
            for file in sorted(source.iterdir()):
                yield file, PurePosixPath(source.name) / file.name
        else:
            yield source, PurePosixPath(source.name.replace(".mjs", ".js"))


def copy_library(library: Library, root: Path, target: Path) -> dict[str, str]:
    """Copy the wanted files below target; give their checksums."""
    checksums = {}
    for source, path in wanted_files(library, root):
        content = with_addresses(without_source_map(source.read_bytes()), library.imports)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
        checksums[str(path)] = hashlib.sha256(content).hexdigest()
    return checksums


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    entries = []
    for library in LIBRARIES:
        with tempfile.TemporaryDirectory() as scratch:
            root = unpack(library, Path(scratch))
            checksums = copy_library(library, root, FOLDER / library.folder_name)
        entries.append(
            {
                "name": library.package,
                "version": library.version,
                "licence": library.licence,
                "npm": f"{library.package}@{library.version}",
                "folder": library.folder_name,
                "sha256": checksums,
            }
        )
        print(f"{library.folder_name}: {len(checksums)} files")
    (FOLDER / "manifest.json").write_text(json.dumps(entries, indent=2) + "\n")


if __name__ == "__main__":
    main()
