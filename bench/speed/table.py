"""Results to Markdown, and to the files they are kept in."""

import json
import os
import platform
import re
from pathlib import Path
from statistics import median

from speed import equal, judge

RESULTS = Path(__file__).resolve().parent.parent / "results"
DEFAULTS = (
    "Everybody as they come. Cells: **peer / ours**, seconds to an answer within 0.1 % of the usual one of who gives "
    "the best; seconds of a run, median (min–max); how many runs were good enough; how much worse than that best the "
    "usual answer is. ≥: none was, it takes longer than all these runs together."
)


def cpu():
    """The processor's own name for itself."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = re.findall(r"model name\s*: (.+)", info.read_text())
        return names[0].strip() if names else platform.machine()
    return platform.processor() or platform.machine()


def seconds(result):
    """Median and spread."""
    times = result["seconds"]
    return f"{digits(result['median'])} ({digits(min(times))}–{digits(max(times))})"


def cores(others):
    """How many cores other processes kept busy meanwhile: a row with much of it is to be measured again."""
    return "?" if others is None else f"{others:.1f}"


def digits(value):
    """Three that count, without an exponent."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def memory(row, result):
    """Above the data, in MB, and as a share of the data."""
    if result["peak_kb"] is None:
        return "?"
    return f"{result['peak_kb'] / 1024:.1f} MB, {100 * result['peak_kb'] * 1024 / row['bytes']:.0f} %"


def cell(row, peer, kind):
    """One peer's part of a row: ratio, seconds, memory, and by how much its answer is worse, if it is."""
    result, mine = row["results"].get(peer), row["results"]["ours"]
    if result is None:
        return "–"
    if result["failed"]:
        return "failed"
    apart = judge.difference(result["inertia"], mine["inertia"])
    steps = "" if result["iterations"] in (0, mine["iterations"]) else f"; {result['iterations']} iterations"
    answer = "" if abs(apart) <= judge.limit(row["dtype"], kind) else f"; inertia {apart:+.1e}"
    return f"**{result['median'] / mine['median']:.2f}x** {seconds(result)}; {memory(row, result)}{steps}{answer}"


def best_exact(row, kinds):
    """The fastest of the exact peers, as a ratio; one that ends elsewhere competes as well."""
    mine = row["results"]["ours"]["median"]
    ratios = {
        peer: result["median"] / mine
        for peer, result in row["results"].items()
        if peer in kinds and not result["failed"] and not kinds[peer].startswith("not exact")
    }
    best = min(ratios, key=ratios.get, default=None)
    return f"**{ratios[best]:.2f}x** {best}" if best else "–"


def good(kept):
    """The rows that ours came through."""
    return [row for row in kept["rows"].values() if not row["results"]["ours"]["failed"]]


def markdown(kept):
    """The whole table, and the curve of ours."""
    rows = [row for row in good(kept) if row["suite"] not in ("growth", "default")]
    kinds = {name: about["kind"] for name, about in kept["peers"].items()}
    used = [name for name in kinds if any(name in row["results"] for row in good(kept))]
    heads = [f"{name} {kept['peers'][name]['version']}" for name in used]
    lines = [header(kept, used), ""]
    if rows:
        titles = ["work", "threads", "others", "iterations", "ours, s", "ours, memory", "best exact peer", *heads]
        lines += [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    for row in rows:
        cells = [*ours(row, kept["ours"]), best_exact(row, kinds), *(cell(row, peer, kinds[peer]) for peer in used)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, *defaults(kept, used, heads), *curve(kept), ""])


def defaults(kept, used, heads):
    """Time to an equally good answer, a table of its own."""
    rows = [row for row in good(kept) if row["suite"] == "default"]
    if not rows:
        return []
    titles = ["work", "threads", "others", "ours, s", "best peer", *heads]
    lines = ["", "### Default options", "", DEFAULTS, "", f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    for row in rows:
        mine = row["results"]["ours"]
        cells = [named(row, kept["ours"]), row["threads"], cores(row.get("others")), tries(mine) + wrong(mine)]
        cells += [best_default(row), *(default_cell(row, peer) for peer in used)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def tries(result):
    """Seconds to a good enough answer, those of a run, how many were good enough, and the usual answer."""
    expected, bound = equal.to_target(result)
    usual = judge.difference(median(result["inertias"]), result["target"] / (1 + equal.SLACK))
    good = f"{equal.hits(result)} of {len(result['seconds'])}"
    return f"{'≥ ' * bound}{digits(expected)}; a run {seconds(result)}; {good}; inertia {usual:+.1e}"


def default_ratio(row, peer):
    """Theirs over ours, and the sign before it when one of the two is a bound."""
    (theirs, low), (mine, high) = (equal.to_target(row["results"][name]) for name in (peer, "ours"))
    return theirs / mine, "?" if low and high else "≥ " if low else "≤ " if high else ""


def default_cell(row, peer):
    """One peer's part of a row."""
    result = row["results"].get(peer)
    if result is None or result["failed"]:
        return "–" if result is None else "failed"
    ratio, sign = default_ratio(row, peer)
    return f"**{sign}{ratio:.2f}x** {tries(result)}"


def best_default(row):
    """The peer that comes closest to us; for who did not get there, a bound stands."""
    came = [peer for peer, result in row["results"].items() if peer != "ours" and not result["failed"]]
    ratios = {peer: default_ratio(row, peer) for peer in came}
    best = min(ratios, key=ratios.get, default=None)
    return f"**{ratios[best][1]}{ratios[best][0]:.2f}x** {best}" if best else "–"


def ours(row, version):
    """Our part of a row; what we say our inertia is must be what it is. An older commit is named."""
    mine, seeding = row["results"]["ours"], row["job"] == "seed"
    sample = f" (ours on {mine['seeding_rows']} rows)" if seeding and mine["seeding_rows"] else ""
    steps = "seeding" if seeding else mine["iterations"]
    times = seconds(mine) + wrong(mine)
    return [named(row, version, sample), row["threads"], cores(row.get("others")), steps, times, memory(row, mine)]


def wrong(mine):
    """A warning when our inertia is not what we said it is."""
    off = mine["said"] is not None and abs(judge.difference(mine["said"], mine["inertia"])) > judge.LIMITS["f64"]
    return " WRONG INERTIA" if off else ""


def named(row, version, sample=""):
    """The row's name; an older commit is told."""
    older = "" if row["ours"] == version else f" [{row['ours']}]"
    return row["name"] + sample + older


def header(kept, used):
    """What the table was made with, and how to read it."""
    kinds = "; ".join(f"{name}: {kept['peers'][name]['kind']}" for name in used)
    return (
        f"{kept['machine']}. ours: {kept['ours']}. Others: cores that other processes kept busy meanwhile. Cells: "
        "**peer / ours**, median seconds (min–max); peak memory above the data, and as a share of it; `inertia`: how "
        "much worse (+) or better (-) the answer is, relatively, where that is above 1e-9 in f64, 1e-6 in f32 "
        f"(sums in f32 can lose more than that). {kinds}."
    )


def curve(kept):
    """Time per row: flat when the time grows with rows as it should."""
    rows = [row for row in good(kept) if row["suite"] == "growth"]
    if not rows:
        return []
    titles = ["rows", "columns", "clusters", "threads", "others", "iterations", "seconds"]
    titles += ["ns a row and iteration", "memory"]
    lines = ["", "### Growth", "", f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    for row in rows:
        mine = row["results"]["ours"]
        each = mine["median"] * 1e9 / row["rows"] / max(1, mine["iterations"])
        cells = [*(row[name] for name in ("rows", "columns", "clusters", "threads")), cores(row.get("others"))]
        cells += [mine["iterations"], seconds(mine), f"{each:.3g}", memory(row, mine)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


class Kept:
    """The results of one processor model: rows measured anew replace the old ones, the others stay."""

    def __init__(self, folder, ours, peers):
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", cpu().lower()).strip("-")
        self.path = folder / f"{name}.json"
        self.kept = json.loads(self.path.read_text()) if self.path.exists() else {"rows": {}, "peers": {}}
        self.kept["machine"] = f"{cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
        self.kept["ours"] = ours.version
        self.kept["peers"].update({p.name: {"version": p.version, "kind": p.kind} for p in peers})

    def add(self, work, threads, results, version, others):
        """One row, saved at once: a long suite can be stopped at any time."""
        size = work.rows * work.columns * (4 if work.dtype == "f32" else 8)
        about = {name: getattr(work, name) for name in ("name", "suite", "rows", "columns", "clusters", "dtype", "job")}
        row = {**about, "threads": threads, "bytes": size, "ours": version, "others": others}
        row["results"] = {name: result.kept() for name, result in results.items()}
        self.kept["rows"][f"{work.name}, threads {threads}"] = row
        self.path.write_text(json.dumps(self.kept, indent=1) + "\n")
        self.path.with_suffix(".md").write_text(f"# {cpu()}\n\n{markdown(self.kept)}")
        return row

    def only(self, rows):
        """The same, of these rows alone: what a run prints."""
        return {**self.kept, "rows": dict(enumerate(rows))}
