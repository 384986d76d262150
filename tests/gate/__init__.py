"""The gate: every digit, every figure and every sentence's number of the book is checked against a fresh run.

``collect`` is the pytest plugin; it runs the cells and asks ``outputs``, which asks ``numbers`` and ``figures``.
``structure`` and ``prose`` look at a notebook without running it. ``report`` puts all of it into words.
``refresh`` and ``stale`` are commands of their own, and ``notebook`` is what all of them share.
"""
