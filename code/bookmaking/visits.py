"""How a reader comes to a page, on which book.css lets depend whether it is laid out at once or as it is scrolled."""

MARK = 'document.documentElement.dataset.visit = performance.getEntriesByType("navigation")[0].type;'
"""A script for the head of every page: "navigate", or "reload" and "back_forward", when a browser scrolls to where
the reader was."""
