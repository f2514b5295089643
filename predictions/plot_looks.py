"""What tells versions apart in plots and tables: colour and dashes, as static/css/reports.css."""

# By look, from 1 on; dashes in px of a plot that is 460 px wide.
LOOKS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("#d55e00", ()),
    ("#0072b2", (8, 4)),
    ("#00735a", (2, 4)),
    ("#8a3d78", (10, 3, 2, 3)),
    ("#5f5a00", (14, 4)),
    ("#1b1c2b", (4, 3)),
    ("#3f6fd1", (1, 3)),
    ("#a3222a", (6, 2, 2, 2)),
)


def shortened(name: str, most: int) -> str:
    """A name of at most so many characters: its start and its end, which tell names apart."""
    if len(name) <= most:
        return name
    end = (most - 1) // 3
    return f"{name[: most - 1 - end]}…{name[-end:]}"
