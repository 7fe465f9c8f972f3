"""Has a model served from the next deployment on: `python -m training.promote [version]`, by default the one that training makes now.

It is judged again, on the data of today and beside the model it replaces. What changes is `models/current.json` and the card in the
documentation: commit nothing else with it, so that its review is about the model. Going back is the revert of that commit.
"""

from __future__ import annotations

import sys
from pathlib import Path

from service.model import WrongModel, parse_model

from . import registry
from .data import WrongData, load_data
from .train import ROOT, judge, make


def promote(root: Path, version: str | None) -> str:
    """Answers what is served now. Raises WrongData or WrongModel."""
    data = load_data(root / "data")
    model = registry.read(root / "models", version or parse_model(make(root, data)).version)
    _, wrong = judge(root, model, data)
    if wrong:
        raise WrongModel(f"version {model.version} is refused: {'; '.join(wrong)}")
    registry.promote(root / "models", model)
    card = (root / "models" / model.version / "card.md").read_text(encoding="utf-8")
    (root / "docs" / "model-card.md").write_text(card, encoding="utf-8")
    return model.version


def main(arguments: list[str]) -> int:
    try:
        version = promote(ROOT, arguments[0] if arguments else None)
    except (WrongData, WrongModel) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"version {version} is served from the next deployment on: commit models/current.json and docs/model-card.md by themselves")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
