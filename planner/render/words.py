"""Numbers and durations as people say them."""


def took(seconds: float) -> str:
    """`41s`, `4m12s`, `1h04m`, as people say a duration."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def ago(seconds: float) -> str:
    """`9s`, `5m`, `3h`, `2d`: one unit is enough for an age."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(0, int(seconds))}s"


def many(number: int, what: str) -> str:
    """`1 service`, `3 services`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
