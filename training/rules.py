"""The rules by which a slide's tissue becomes patches, and the refusal where they give none."""

from dataclasses import dataclass

ANY, CENTRE, SHARE = "any", "centre", "share"
AS_THEY_ARE, BY_CLASS, BY_CLASS_AND_SLIDE = "none", "class", "class_slide"


class SamplingError(ValueError):
    """These slides make no dataset to learn from."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Rules:
    """How tissue becomes patches. Shares in [0, 1]; the cap is per slide and class.

    stride: patch sides from one patch to the next, under 1 they overlap. jitter_px: the largest
    shift of a patch, in its own px. labelling: ANY tumour px, tumour in the CENTRE of centre_px,
    or a SHARE of tumour above tumour_bar. folds: 0 for one split into training and validation.
    """

    tissue_bar: float = 0.30
    stride: float = 1.0
    jitter_px: int = 0
    labelling: str = ANY
    tumour_bar: float = 0.0
    centre_px: int = 128
    per_slide_cap: int = 400
    balance: str = BY_CLASS
    validation_share: float = 0.20
    test_share: float = 0.0
    folds: int = 0
    seed: int = 0
