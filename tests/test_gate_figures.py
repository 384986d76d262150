"""How small a difference between two figures is seen, and how large a one is forgiven to sampled figures."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from gate.figures import compare


def png(draw, **metadata):
    """What `draw` draws on a pair of axes, as a base64 PNG."""
    figure = Figure(figsize=(5, 3.5))
    draw(figure.subplots())
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata=metadata)
    return base64.b64encode(stream.getvalue()).decode()


def scatter(moved=0.0, label="price ($)", ticks=("0.0", "0.5", "1.0"), size=6):
    """A small scatter plot; the third of five points can be moved."""

    def draw(axes):
        axes.plot([0.1, 0.3, 0.5 + moved, 0.7, 0.9], [0.2, 0.1, 0.5, 0.4, 0.8], "o", markersize=size)
        axes.set_xticks([0, 0.5, 1], labels=ticks)
        axes.set(xlabel=label, xlim=(0, 1))

    return png(draw)


def intervals(seed, moved_sds=0.0, draws=1000, groups=20, label="effect"):
    """Means and 94 % intervals of sampled groups on fixed axes; the eighth group can be moved by posterior SDs."""
    centres, sd = np.random.default_rng(0).normal(size=groups), 0.5
    sample = np.random.default_rng(seed).normal(centres, sd, (draws, groups))
    sample[:, 7] += moved_sds * sd

    def draw(axes):
        axes.hlines(range(groups), *np.quantile(sample, [0.03, 0.97], axis=0))
        axes.plot(sample.mean(axis=0), range(groups), "o")
        axes.set(xlim=(-4.5, 4.5), xlabel=label)

    return png(draw)


@pytest.fixture
def save_as(tmp_path):
    return tmp_path / "gate" / "cell-1"


def test_the_program_that_drew_a_figure_does_not_matter(save_as):
    def draw(axes):
        axes.plot([1, 2])

    assert compare(png(draw, Software="one"), png(draw, Software="another"), "printed", save_as) is None
    assert not save_as.parent.exists()


@pytest.mark.parametrize("size", [2, 3, 6])
def test_a_point_moved_by_one_hundredth_of_the_axis_is_seen(size, save_as):
    assert compare(scatter(size=size), scatter(0.01, size=size), "printed", save_as)


def test_a_rounding_error_in_the_data_is_not_seen(save_as):
    assert compare(scatter(), scatter(1e-12), "printed", save_as) is None


def test_a_changed_label_is_seen(save_as):
    assert compare(scatter(), scatter(label="price (¢)"), "printed", save_as)


def test_any_changed_digit_in_a_tick_label_is_seen(save_as):
    pictures = [scatter(ticks=("0.0", f"0.{digit}", "1.0")) for digit in range(10)]
    for digit in range(10):
        assert compare(pictures[digit], pictures[digit - 1], "printed", save_as), digit


def test_another_size_is_seen(save_as):
    larger = Figure(figsize=(6, 3.5))
    stream = io.BytesIO()
    larger.savefig(stream, format="png")
    assert "size" in compare(scatter(), base64.b64encode(stream.getvalue()).decode(), "printed", save_as)


def test_both_figures_and_their_difference_are_kept(save_as):
    message = compare(scatter(), scatter(0.1), "printed", save_as)
    for name in ("expected", "actual", "difference"):
        path = save_as.with_name(f"cell-1-{name}.png")
        assert path.exists()
        assert str(path) in message


@pytest.mark.parametrize("seed", range(2, 8))
def test_another_sample_of_the_same_posterior_is_forgiven_where_draws_are_shown(seed, save_as):
    assert compare(intervals(1), intervals(seed), "sampled", save_as) is None
    assert compare(intervals(1), intervals(seed), "printed", save_as)


def test_one_group_moved_by_a_posterior_sd_is_seen_under_the_wide_tolerance(save_as):
    assert compare(intervals(1), intervals(1, moved_sds=1), "sampled", save_as)
    assert compare(intervals(1), intervals(1, moved_sds=-1), "sampled", save_as)


def test_a_renamed_axis_is_seen_under_the_wide_tolerance(save_as):
    assert compare(intervals(1), intervals(1, label="elasticity"), "sampled", save_as)
