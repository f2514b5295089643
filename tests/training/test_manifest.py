import hashlib

import numpy as np
import pytest

from training import manifest

HEADER = {
    "mpp": 0.486,
    "patch_px": 299,
    "slides": [{"id": 7, "patient": "p1"}, {"id": 9, "patient": "p2"}],
}


def table():
    return np.array(
        [
            (9, 0, 1, 598, 0, 0.0, 1.0, 0, manifest.VALIDATION, 0.486, "mined", ""),
            (7, 2, 0, 0, 1196, 0.25, 0.875, 1, manifest.TRAINING, 0.972, "grid", "bob"),
            (
                7,
                0,
                3,
                1794,
                0,
                0.0,
                1 / 3,
                0,
                manifest.TRAINING,
                0.486,
                "corrected",
                "J\u00f6rg, M.",
            ),
        ],
        dtype=manifest.PATCH,
    )


def test_a_written_manifest_reads_back_sorted_by_slide_and_cell(tmp_path):
    sha256 = manifest.write(tmp_path / "one.csv", HEADER, table())
    found = manifest.read(tmp_path / "one.csv", sha256=sha256)
    assert (found.mpp, found.patch_px, found.sha256) == (0.486, 299, sha256)
    assert found.columns["slide_id"].tolist() == [7, 7, 9]
    assert found.columns["row"].tolist() == [0, 2, 0]
    assert found.labels.tolist() == [False, True, False]
    assert found.indices(manifest.VALIDATION).tolist() == [2]
    assert found.patients().tolist() == ["p1", "p1", "p2"]
    np.testing.assert_allclose(found.columns["tissue_share"], [1 / 3, 0.875, 1.0], atol=1e-6)


def test_the_order_of_choosing_leaves_no_trace_in_the_bytes(tmp_path):
    one = manifest.write(tmp_path / "one.csv", HEADER, table())
    two = manifest.write(tmp_path / "two.csv", dict(reversed(list(HEADER.items()))), table()[::-1])
    assert one == two == hashlib.sha256((tmp_path / "one.csv").read_bytes()).hexdigest()


def test_the_bytes_are_the_same_on_every_machine():
    first, names, row, *_ = manifest.encode(HEADER, table()).decode().splitlines()
    assert first.startswith('# {"format": "sentinode-manifest-2", "mpp": 0.486')
    assert names == (
        "slide_id,row,column,x_l0,y_l0,tumour_share,tissue_share,label,split,mpp,source,author"
    )
    assert row == ("7,0,3,1794,0,0.000000,0.333333,0,training,0.486,corrected,J%C3%B6rg%2C M.")


def test_who_said_so_and_the_scale_of_each_patch_read_back(tmp_path):
    manifest.write(tmp_path / "one.csv", HEADER, table())
    found = manifest.read(tmp_path / "one.csv").columns
    assert found["mpp"].tolist() == [0.486, 0.972, 0.486]
    assert found["source"].tolist() == ["corrected", "grid", "mined"]
    assert found["author"].tolist() == ["J\u00f6rg, M.", "bob", ""]


def test_a_manifest_of_the_first_format_is_still_read(tmp_path):
    old = (
        b'# {"format": "sentinode-manifest-1", "mpp": 0.486, "patch_px": 299, "slides": []}\n'
        b"slide_id,row,column,x_l0,y_l0,tumour_share,tissue_share,label,split\n"
        b"7,2,0,0,1196,0.250000,0.875000,1,training\n"
    )
    (tmp_path / "old.csv").write_bytes(old)
    found = manifest.read(tmp_path / "old.csv", sha256=hashlib.sha256(old).hexdigest())
    assert (found.mpps, found.folds) == ([0.486], 0)
    assert found.columns[["mpp", "source", "author"]].tolist() == [(0.486, "grid", "")]
    assert found.indices(manifest.TRAINING).tolist() == [0]


def dealt(folds, *patches):
    columns = np.zeros(len(patches), manifest.PATCH)
    columns["split"], columns["source"] = zip(*patches, strict=True)
    return manifest.Manifest({"folds": folds}, columns, "")


def test_one_split_has_a_side_to_learn_from_and_one_to_validate_on():
    found = dealt(0, ("test", "grid"), ("training", "mined"), ("validation", "grid"))
    assert [side.tolist() for side in found.sides()] == [[1], [2]]


def test_each_fold_validates_once_and_mined_patches_never():
    found = dealt(2, ("fold-0", "grid"), ("fold-1", "grid"), ("test", "grid"), ("fold-1", "mined"))
    assert [side.tolist() for side in found.sides(0)] == [[1, 3], [0]]
    assert [side.tolist() for side in found.sides(1)] == [[0], [1]]


@pytest.mark.parametrize(("folds", "fold"), [(0, 0), (3, None), (3, 3)])
def test_a_fold_must_be_named_where_there_are_some(folds, fold):
    with pytest.raises(manifest.ManifestError, match=f"has {folds} folds"):
        dealt(folds, ("training", "grid")).sides(fold)


def test_a_manifest_of_no_patches_reads_back(tmp_path):
    manifest.write(tmp_path / "none.csv", HEADER, table()[:0])
    assert len(manifest.read(tmp_path / "none.csv").columns) == 0


def test_a_changed_manifest_is_refused(tmp_path):
    path = tmp_path / "one.csv"
    sha256 = manifest.write(path, HEADER, table())
    path.write_bytes(path.read_bytes().replace(b",1,training", b",0,training"))
    with pytest.raises(manifest.ManifestError, match="was changed since it was frozen"):
        manifest.read(path, sha256=sha256)


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b'# {"format": "other"}\na\n', b"a\nb\n"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "odd.csv").write_bytes(content)
    with pytest.raises(manifest.ManifestError, match="odd.csv is not a patch manifest"):
        manifest.read(tmp_path / "odd.csv")


def test_a_missing_manifest_says_what_to_do(tmp_path):
    with pytest.raises(manifest.ManifestError, match="freeze the dataset again"):
        manifest.read(tmp_path / "gone.csv")


def test_no_half_written_file_is_left(tmp_path):
    manifest.write(tmp_path / "one.csv", HEADER, table())
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]
