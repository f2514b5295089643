"""JSON of many outlines, item by item: the same content as json.loads, its points as arrays."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slides.json_items import parsed

RING = [[0, 0], [10, 0.5], [10, 10], [0, 0]]


def refuse(word):
    raise ValueError(word)


def read(text, **options):
    return parsed(text, refuse_constant=refuse, **options)


def plain(value):
    """Arrays as lists again."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from([None, 1]))
def test_any_json_is_what_json_loads_makes_of_it(value, indent):
    text = json.dumps(value, indent=indent)
    assert plain(read(text)) == json.loads(text)


@pytest.mark.parametrize("shape", ['{"features":[%s,%s]}', "[%s,%s]", '{"a":{"b":%s},"c":%s}'])
def test_rings_are_arrays_wherever_they_stand(shape):
    one = {"coordinates": [RING]}
    found = read(shape % (json.dumps(one), json.dumps(one)))
    listed = next(iter(found.values())) if isinstance(found, dict) else found
    ring = (listed["b"] if isinstance(listed, dict) else listed[1])["coordinates"][0]
    assert isinstance(ring, np.ndarray) and ring.tolist() == RING


@pytest.mark.parametrize("ring", [[[0, 0], [1]], [[0, 0], "x"], [[0, 10**400], [1, 1]]])
def test_what_is_no_list_of_points_stays_as_it_is(ring):
    assert read(json.dumps([{"ring": ring}]))[0]["ring"] == ring


@pytest.mark.parametrize(
    "text", ["", "[", "[1,]", "[1 2]", '{"a" 1}', '{"a":1,}', "{1:2}", '{"a":1', "[1] x", "]"]
)
def test_text_that_is_no_json_is_refused_as_json_does(text):
    with pytest.raises(json.JSONDecodeError):
        read(text)


def test_constants_are_handed_to_whoever_refuses_them():
    with pytest.raises(ValueError, match="NaN"):
        read('{"features":[{"x":[NaN]}]}')


def test_progress_is_told_at_each_item():
    told = []
    read('{"features":[{},{}]}', tell=lambda done, total: told.append((done, total)))
    assert told == [(15, 20), (18, 20)]
