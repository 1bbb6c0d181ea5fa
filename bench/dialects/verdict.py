"""What another library made of a file, in a few words."""

#: What a column turns into that should hold numbers.
ONE = {"text": "one column of text", "number": "**one column of other numbers**"}
BECOMES = {"text": "text", "date": "dates", "boolean": "booleans", "other": "something else", "null": "empty"}


def judge(case, answer):
    """`right`, or what is not."""
    if not answer:
        return "no reader"
    if "error" in answer:
        return "error"
    if case.holds is None:
        return describe(answer)
    faults = rows(case, answer) + columns(case, answer)
    return "; ".join(faults) if faults else "right"


def describe(answer):
    """For files of which nobody can tell what they hold."""
    count = answer["rows"]
    kinds = [f"{shown(each['name'])} {each['kind']}" for each in answer["columns"][:4]]
    more = ", …" if len(answer["columns"]) > 4 else ""
    return f"{count} {'row' if count == 1 else 'rows'}: {', '.join(kinds)}{more}"


def rows(case, answer):
    """Rows that are lost or invented."""
    expected = len(next(iter(case.holds.values())))
    difference = answer["rows"] - expected
    if difference < 0:
        return [f"**{-difference} of {expected} rows lost**"]
    if difference > 0:
        return [f"**{difference} {'row' if difference == 1 else 'rows'} too many**"]
    return []


def columns(case, answer):
    """Columns that are lost, no numbers, or other numbers."""
    found, faults = matched(case, answer), []
    lost = [shown(name) for name in case.holds if name not in found]
    if len(lost) == len(case.holds) and len(answer["columns"]) == 1:
        return [ONE.get(answer["columns"][0]["kind"], "one column of something else")]
    if lost:
        faults.append(f"no column {few(lost)}")
    for kind, word in BECOMES.items():
        changed = [shown(name) for name, each in found.items() if each["kind"] == kind and numbers(case.holds[name])]
        if changed:
            faults.append(f"{few(changed)} becomes {word}")
    if answer["rows"] == len(next(iter(case.holds.values()))):
        faults += wrong(case, found)
    return faults


def wrong(case, found):
    """The first value of each column that is another number."""
    faults = []
    for name, each in found.items():
        if each["kind"] not in ("number", "null"):
            continue
        pairs = zip(case.holds[name], each["values"], strict=True)
        other = next(((right, value) for right, value in pairs if not same(right, value)), None)
        if other and each["kind"] == "number":
            faults.append(f"**{shown(name)} holds {number(other[1])} for {number(other[0])}**")
    return faults


def same(right, value):
    """Whether two values are the same double; None and NaN are the same nothing."""
    return right is value if right is None or value is None else float(right) == value


def matched(case, answer):
    """Expected name -> the column of that name, or at its place."""
    given = answer["columns"]
    if case.by_place:
        return dict(zip(case.holds, given, strict=False))
    named = {}
    for each in given:
        named.setdefault(each["name"].strip(), each)
    return {name: named[name] for name in case.holds if name in named}


def numbers(values):
    """Whether there is a number among them."""
    return any(value is not None for value in values)


def few(names):
    """At most three names."""
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def number(value):
    """A number as short as it can be told; None is no value."""
    return "no number" if value is None else f"{value:.17g}"


def shown(name):
    """A name in code, cut."""
    name = repr(name)[1:-1]
    return f"`{name[:20]}{'…' if len(name) > 20 else ''}`".replace("|", "\\|")
