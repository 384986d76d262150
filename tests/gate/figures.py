"""Compare two figures pixel by pixel, and keep both and their difference where they are not the same."""

import base64
import io

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

LEVELS = 32  # of 255: what rounding in the drawing of an edge may change in one channel
FEW = 2  # pixels that may differ by more; the smallest change of a digit in a tick label changes more than that
REACH = 0.02  # of the width: how far a sampled curve or point may have moved


def decode(png):
    """The pixels of a base64 PNG as an array of shape (height, width, 4)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA"), dtype=np.int16)


def differing(stored, new, reach=0):
    """Mark the pixels that the other figure does not explain.

    A pixel is explained if in each channel its level lies, give or take `LEVELS`, between the lowest and the highest
    level that the other figure has within `reach` pixels of the same place. With a reach of 0 that is plain equality.

    Parameters
    ----------
    stored, new : ndarray, shape (height, width, 4)
    reach : int
        Pixels.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    window = (2 * reach + 1, 2 * reach + 1, 1)
    unexplained = np.zeros(stored.shape[:2], dtype=bool)
    for one, other in ((stored, new), (new, stored)):
        below = one < minimum_filter(other, window) - LEVELS
        above = one > maximum_filter(other, window) + LEVELS
        unexplained |= (below | above).any(axis=2)
    return unexplained


def compare(stored, new, rule, save_as):
    """Compare two base64 PNGs under a cell's rule.

    Parameters
    ----------
    stored, new : str
    rule : {"printed", "sampled"}
    save_as : pathlib.Path
        Where to write ``expected``, ``actual`` and ``difference`` if the figures differ, as the start of the name.

    Returns
    -------
    str or None
        What differs and where to look, or None.
    """
    before, after = decode(stored), decode(new)
    if before.shape != after.shape:
        return f"the size was {before.shape[1]} x {before.shape[0]} pixels, now {after.shape[1]} x {after.shape[0]}" + (
            _save(save_as, expected=before, actual=after)
        )
    unexplained = differing(before, after, round(REACH * before.shape[1]) if rule == "sampled" else 0)
    if unexplained.sum() <= FEW:
        return None
    rows, columns = np.nonzero(unexplained)
    where = f"x {columns.min()} to {columns.max()}, y {rows.min()} to {rows.max()}"
    difference = np.where(unexplained[..., None], (255, 0, 0, 255), 255 - (255 - after) // 4)
    return f"{unexplained.sum()} pixels differ ({where})" + (
        _save(save_as, expected=before, actual=after, difference=difference)
    )


def _save(save_as, **images):
    save_as.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, pixels in images.items():
        path = save_as.with_name(f"{save_as.name}-{name}.png")
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        lines.append(f"\n    {name}: {path}")
    return "".join(lines)
