"""The gate: every digit, every figure and every sentence's number of the book is checked against a fresh run."""
