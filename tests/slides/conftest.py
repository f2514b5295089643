"""Fixtures for slide tests."""

import pytest

from slides import inspection, probe


@pytest.fixture
def believed(monkeypatch):
    """Let this process look into files instead of a guarded one, to spare its start."""

    def depict(path, folder, *, tick=None):
        return inspection.depict(path, folder / probe.THUMBNAIL, folder / probe.TISSUE)

    monkeypatch.setattr(probe, "check", lambda path, *, mpp, tick: inspection.facts(path, mpp=mpp))
    monkeypatch.setattr(probe, "depict", depict)
