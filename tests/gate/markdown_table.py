"""Tables in Markdown, as the generated pages have them."""


def markdown(columns, rows, total):
    """A table whose first column is text and whose others are numbers, with a last line of sums: str."""
    lines = [columns, ("---", *["--:"] * (len(columns) - 1)), *rows, total]
    shown = [[entry if isinstance(entry, str) else f"{entry:,.0f}" for entry in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in shown)
