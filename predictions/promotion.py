"""Which version is live, and the only two ways to change that: through the gate, and back."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from predictions.gating import current_test_set, live_version
from predictions.models import GateRun, Promotion
from slides import audit
from slides.jobs import Reason
from training import cards
from training.models import ModelVersion, Stage
from training.refusals import read_elsewhere

SHORTEST_REASON = 10  # characters: a word is no reason


class NotPromoted(Reason):
    code = "not_promoted"


@dataclass(frozen=True)
class Standing:
    """What a version's newest trial is worth now. gate_run: None where it was never tried.

    stale: why the trial no longer counts, empty where it does.
    """

    gate_run: GateRun | None
    stale: str = ""

    @property
    def is_current(self) -> bool:
        return self.gate_run is not None and not self.stale

    @property
    def may_go_live(self) -> bool:
        return self.is_current and self._verdict == GateRun.Verdict.PASSED

    @property
    def needs_reason(self) -> bool:
        """True where the gate could not decide: then an admin may, with a reason."""
        return self.is_current and self._verdict == GateRun.Verdict.UNDECIDED

    @property
    def _verdict(self) -> str:
        return self.gate_run.verdict if self.gate_run else ""


def standing(version: ModelVersion) -> Standing:
    """The version's newest finished trial, and whether the world is still as it was then."""
    row = version.gate_runs.filter(status=GateRun.Status.DONE).select_related("live").first()
    if row is None:
        return Standing(None)
    if not version.is_live and row.promotions.exists():
        return Standing(row, "it went live by this trial once already")
    live = live_version()
    if row.live_id != (live.pk if live else None):
        name = f"{live} is" if live else "no version is"
        return Standing(row, f"{name} live now; the trial was against another")
    if row.test_sha256 != current_test_set().sha256:
        return Standing(row, "test slides or their truths have changed since")
    return Standing(row)


@transaction.atomic
def promote(version: ModelVersion, *, by: User | None = None, override: str = "") -> Promotion:
    """Make a version live and archive the one that was. Its predictions stay.

    override: an admin's reason, where the gate could not decide; it goes to the audit log and the
    card. A refusal cannot be overridden. Raises NotPromoted, and then the live version stays live.
    """
    # the rows of all versions that could be live: two admins at once come one after the other
    rows = ModelVersion.objects.select_for_update().filter(pk__in=_involved(version))
    version = next(row for row in rows if row.pk == version.pk)
    if version.is_read_elsewhere:
        raise NotPromoted(read_elsewhere(version, "go live with"), "read_elsewhere")
    if version.is_live:
        raise NotPromoted(f"{version} is live already", "conflict")
    now = standing(version)
    reason = " ".join(override.split())
    _refuse_without_gate(version, now, reason)
    used = reason if now.needs_reason else ""
    promotion = _make_live(version, Promotion.Kind.PROMOTED, by, now.gate_run, used)
    verdict = now.gate_run.verdict if now.gate_run else ""
    told = {"previous": str(promotion.previous or ""), "verdict": verdict}
    if used:
        told["override"] = used
    audit.record(by, "promote", version, gate_run=promotion.gate_run_id, **told)
    entry = {
        "at": promotion.at.isoformat(),
        "by": by.get_username() if by else "",
        "verdict": verdict,
        "gate_run": promotion.gate_run_id,
        "override": used,
    }
    cards.put(version, "promotions", lambda known: [*(known or []), entry])
    return promotion


def _involved(version: ModelVersion) -> list[int]:
    live = live_version()
    return [version.pk, *([live.pk] if live else [])]


def _refuse_without_gate(version: ModelVersion, now: Standing, reason: str) -> None:
    row = now.gate_run
    if row is None:
        raise NotPromoted(f"{version} has not been through the gate; try it there first", "no_gate")
    if now.stale:
        raise NotPromoted(f"{now.stale}; try {version} at the gate again", "stale_gate")
    if row.verdict == GateRun.Verdict.REFUSED:
        raise NotPromoted(f"the gate refused {version}: {_reasons(row, 'failed')}", "gate_refused")
    if now.needs_reason and len(reason) < SHORTEST_REASON:
        raise NotPromoted(
            f"the gate could not decide on {version}: {_reasons(row, 'undecided')}. To promote it "
            f"all the same, give your reason in {SHORTEST_REASON} characters or more",
            "gate_undecided",
        )


def _reasons(row: GateRun, outcome: str) -> str:
    reasons = [check["reason"] for check in row.checks if check["outcome"] == outcome]
    return "; ".join(reason for reason in reasons if reason)


def _make_live(
    version: ModelVersion, kind: str, by: User | None, gate_run: GateRun | None, override: str = ""
) -> Promotion:
    """Two updates in an order that never has two live versions, and the row that tells of it."""
    live = live_version()
    ModelVersion.objects.live().update(stage=Stage.ARCHIVED)
    ModelVersion.objects.filter(pk=version.pk).update(stage=Stage.LIVE)
    version.stage = Stage.LIVE
    return Promotion.objects.create(
        kind=kind, version=version, previous=live, gate_run=gate_run, override=override, by=by
    )


# And back -----------------------------------------------------------------------


def previous_live() -> ModelVersion | None:
    """The version a rollback makes live: the one before the present one, past rollbacks undone."""
    line: list[ModelVersion] = []
    for row in Promotion.objects.select_related("version").order_by("pk"):
        if row.kind == Promotion.Kind.PROMOTED:
            line.append(row.version)
        elif line:
            line.pop()
    return line[-2] if len(line) > 1 else None


@transaction.atomic
def roll_back(*, by: User | None = None) -> Promotion:
    """Make the version live that was live before. It passed the gate then; nothing is tried now."""
    live = ModelVersion.objects.select_for_update().live().first()
    before = previous_live()
    if live is None or before is None:
        raise NotPromoted(
            "no version was live before this one, so there is no way back", "conflict"
        )
    promotion = _make_live(before, Promotion.Kind.ROLLED_BACK, by, None)
    audit.record(by, "roll back", before, previous=str(live))
    return promotion
