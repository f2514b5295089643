import pytest
from django.utils.translation import override

from slides.templatetags import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0.4, "0 s"), (42, "42 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_times_are_told_as_people_say_them(seconds, said):
    assert words.duration(seconds) == said


def test_an_unknown_number_is_a_dash_never_zero():
    assert words.decimals(None) == words.percent(None) == words.square_mm(None) == "–"
    assert words.decimals(0.0) == "0.000"
    assert words.micrometres(None) == "unknown"


def test_areas_choose_the_unit_that_reads_best():
    assert words.square_mm(5.623) == "5.62 mm²"
    assert words.square_mm(0.00528) == "5,280 µm²"


def test_an_interval_needs_both_ends():
    assert words.interval({"low": 0.81, "high": 0.934}) == "0.810–0.934"
    assert words.interval({"low": None, "high": None}) == words.interval(None) == "–"


def test_numbers_for_scripts_keep_every_digit():
    assert words.unlocalized(0.243094) == "0.243094"
    assert words.unlocalized(None) == ""


def test_numbers_are_written_as_the_readers_language_does():
    with override("de"):
        assert words.decimals(0.9934) == "0,993"
        assert words.square_mm(0.00528) == "5.280 µm²"
        assert words.micrometres(0.2431) == "0,2431 µm/px"
        assert words.unlocalized(0.2431) == "0.2431"


def test_numbers_are_rounded_never_cut_off():
    found = [words.decimals(value) for value in (0.7206, 0.9996, 0.00051)]
    assert found == ["0.721", "1.000", "0.001"]
    assert words.square_mm(5.6271) == "5.63 mm²"
    assert words.area(1234.6, None) == "1,235 px²"
    assert words.interval({"low": 0.8107, "high": 0.9346}) == "0.811–0.935"
