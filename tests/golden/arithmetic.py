"""Sums written out in golden cases, so that a reviewer can check them: `"500 + 300"`."""


def worked_out(sum_of_counts: str | int) -> int:
    """Return the value of a sum of counts joined by ` + ` and ` - `."""
    if isinstance(sum_of_counts, int):
        return sum_of_counts
    terms = sum_of_counts.replace(" - ", " + -").split(" + ")
    return sum(int(term) for term in terms)
