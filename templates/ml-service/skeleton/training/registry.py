"""The models that were made, in `models/`: a folder each, named after its content and never changed, and which one is served."""

from __future__ import annotations

import json
from pathlib import Path

from service.model import Model, WrongModel, load_model, parse_model, version_of


def add(folder: Path, content: bytes, card: str) -> str:
    """Puts a model there, once. Answers its version."""
    version, _ = version_of(content)
    place = folder / version
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.json").write_bytes(content)
    (place / "card.md").write_text(card, encoding="utf-8")
    return version


def verified(folder: Path, version: str) -> bytes:
    """A model's file, by its digest alone. Raises WrongModel when it is not there, or not what its name says."""
    try:
        content = (folder / version / "model.json").read_bytes()
    except OSError as error:
        raise WrongModel(f"there is no version {version}") from error
    if version_of(content)[0] != version:
        raise WrongModel(f"models/{version} was changed after it was made: its version would be {version_of(content)[0]}")
    return content


def read(folder: Path, version: str) -> Model:
    """Raises WrongModel, also when it does not answer as it did in training."""
    return parse_model(verified(folder, version))


def versions(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def served(folder: Path) -> Model | None:
    """The model that is served; nothing before the first was promoted. Raises WrongModel."""
    return load_model(folder) if (folder / "current.json").exists() else None


def promote(folder: Path, model: Model) -> None:
    """Has it served from the next deployment on: a change of one small file, to be reviewed by itself."""
    pointer = json.dumps({"version": model.version, "sha256": model.digest}, indent=2)
    (folder / "current.json").write_text(pointer + "\n", encoding="utf-8")
