"""Perception against the truth of the simulator, in generated homes that training never saw.

The pictures are drawn once and kept below ``.hearth/perception``, by what they were made from:
``--homes N`` and ``--views N`` say how many. Half of the views show a home's own things where
the scenario left them, half a place crowded with spare things of other sizes and colours; the
robot believes to stand 2 cm and 0.6 degrees (one sigma) beside where it stands. A thing counts
when 80 of its pixels and 30 % of its outline are visible; boxes are those of its visible pixels.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np
from hearth_cli.bench import Figure, Options, Report

FIRST = 5000
"""Homes from here on are never trained on."""
NAN = float("nan")
PARTS = ("detection", "faults", "doors", "map", "people", "find")


def run(options: Options) -> Report:
    """Measure the parts that ``--only`` names (default: all)."""
    parser = argparse.ArgumentParser(prog="hearth bench perception")
    parser.add_argument("--homes", type=int, default=3 if options.quick else 16)
    parser.add_argument("--views", type=int, default=5 if options.quick else 10)
    parser.add_argument("--doors", type=int, default=1 if options.quick else 3)
    parser.add_argument("--changes", type=int, default=6 if options.quick else 50)
    parser.add_argument(
        "--finds",
        type=int,
        default=1 if options.quick else 2,
        help="things looked for in each home",
    )
    parser.add_argument("--deployed", type=int, default=0, help="searches with navigation")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--detector", default="household", help="household or catalogue")
    own = parser.parse_args(list(options.rest))
    package = options.root / "src" / "hearth_perception"
    for folder in (package / "training", package / "test", options.root / "test" / "benches"):
        path = str(folder)
        if path not in sys.path:
            sys.path.insert(0, path)
    seeds = options.seeds or tuple(range(FIRST, FIRST + own.homes))
    parts = own.only or (PARTS if not options.quick else ("detection", "map", "find"))
    figures: list[Figure] = []
    samples: list[dict[str, Any]] = []
    if "detection" in parts or "faults" in parts:
        _detection(options, own, seeds, parts, figures, samples)
    if "doors" in parts:
        from perception_doors import door_figures

        more, looks = door_figures(seeds, own.doors, _say)
        figures += more
        samples += looks
    if "people" in parts:
        from perception_people import people_figures

        more, looks = people_figures(seeds, _say)
        figures += more
        samples += looks
    if "map" in parts:
        patrols = options.seeds or tuple(range(FIRST, FIRST + own.changes))
        _map(patrols, figures, samples)
    if "find" in parts:
        _find(options, own, seeds, figures, samples)
    return Report(figures, samples)


def _detection(
    options: Options,
    own: argparse.Namespace,
    seeds: tuple[int, ...],
    parts: tuple[str, ...],
    figures: list[Figure],
    samples: list[dict[str, Any]],
) -> None:
    from album import Recipe, album
    from faults import FAULTS
    from looks import Looks, make_detector

    recipe = Recipe(homes=seeds, views=own.views)
    pages = list(album(recipe, options.root / ".hearth" / "perception", _say))
    detector = make_detector(own.detector)
    good = Looks(detector).over(pages)
    if "detection" in parts:
        figures += _detection_figures(good)
        samples += [_match_sample(m) for m in good.matches]
        _print_classes(good)
        if options.plots is not None:
            from pictures import contact_sheet, curves_plot

            options.plots.mkdir(parents=True, exist_ok=True)
            curves_plot(good.curves, options.plots / "precision_recall.png")
            contact_sheet(good.sheet, options.plots / "hits_and_misses.png")
    if "faults" in parts:
        some = pages[: max(1, len(pages) // 2)]  # four faults: half of the homes
        whole = Looks(detector).over(some).mean_ap()[0]
        for name, fault in FAULTS.items():
            spoilt = Looks(detector, fault).over(some)
            loss = whole - spoilt.mean_ap()[0]
            figures.append(
                Figure(f"mAP50 lost: {name}", loss, "", 0.05, "lower", len(spoilt.seconds))
            )
        figures.append(
            Figure("frozen camera noticed after (5 Hz)", _frozen(), "s", 1.0, "lower", 1)
        )


def _detection_figures(looks: Any) -> list[Figure]:
    half, strict, classes = looks.mean_ap()
    near = [m for m in looks.matches if looks.graspable(m.truth)]
    posed = [m for m in looks.matches if m.truth.distance < 1.5 and m.found]
    posed = [m for m in posed if m.truth.upright and m.position_error == m.position_error]
    away = np.array([m.position_error for m in posed])
    sizes = np.array([m.size_error for m in posed])
    seconds = np.array(looks.seconds[1:])
    return [
        Figure("mAP50 of household classes", half, "", 0.85, "higher", len(looks.matches)),
        Figure("mAP50-95", strict, "", 0.60, "higher", len(looks.matches)),
        Figure("classes that occur", classes, "", 15, "higher", classes),
        Figure(
            "graspable within 2.5 m: found", _share(near, "found"), "", 0.95, "higher", len(near)
        ),
        Figure(
            "graspable within 2.5 m: and named right",
            _share(near, "right"),
            "",
            NAN,
            "higher",
            len(near),
        ),
        Figure(
            "position within 1.5 m (median)", 1e3 * _median(away), "mm", 10, "lower", len(away)
        ),
        Figure("size within 1.5 m (median)", 1e3 * _median(sizes), "mm", 5, "lower", len(sizes)),
        Figure(
            "position within 20 mm",
            float((away < 0.02).mean()) if len(away) else NAN,
            "",
            0.90,
            "higher",
            len(away),
        ),
        Figure(
            "views a second of one core",
            1.0 / float(seconds.mean()),
            "Hz",
            10,
            "higher",
            len(seconds),
        ),
        Figure(
            "CPU time of one view (p95)",
            1e3 * float(np.percentile(seconds, 95)),
            "ms",
            150,
            "lower",
            len(seconds),
        ),
    ]


def _share(matches: list[Any], what: str) -> float:
    return float(np.mean([getattr(m, what) for m in matches])) if matches else NAN


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else NAN


def _match_sample(match: Any) -> dict[str, Any]:
    numbers = {k: v if v == v else None for k, v in asdict(match).items() if k != "truth"}  # noqa: PLR0124 - NaN
    return {"part": "detection", **numbers, **match.truth.as_dict()}


def _print_classes(looks: Any) -> None:
    _say(f"{'class':<16}{'n':>5}{'AP50':>7}{'AP50-95':>9}")
    for label, curve in sorted(looks.curves.items()):
        if curve.wanted:
            strict = float(np.mean([curve.average(k) for k in range(10)]))
            _say(f"{label:<16}{curve.wanted:>5}{curve.average(0):>7.2f}{strict:>9.2f}")
    wrong = Counter((m.truth.kind, m.label) for m in looks.matches if not m.right)
    _say("missed most: " + ", ".join(f"{a} as {b} {n}" for (a, b), n in wrong.most_common(8)))


def _frozen() -> float:
    """Seconds from the first repeated picture to the report, by the node's own watch."""
    from hearth_perception.core.freeze import FreezeWatch, fingerprint

    rng, watch, rate, mark = np.random.default_rng(0), FreezeWatch(), 5.0, 0
    watch.opened(0.0)
    for k in range(100):
        now = k / rate
        if now < 4.0:
            mark = fingerprint(rng.integers(0, 255, 921_600, np.uint8))
        watch.picture(now, mark)
        if watch.problem(now):
            return now - 4.0 + 0.3  # diagnostics are published every 0.3 s
    return float("inf")


def _map(seeds: tuple[int, ...], figures: list[Figure], samples: list[dict[str, Any]]) -> None:
    from changing_homes import patrol

    results = [patrol(number) for number in seeds]
    wanted = sum(r.wanted for r in results)
    claims = sum(r.claims for r in results)
    figures += [
        Figure(
            "changes right (simulated detections)",
            sum(r.right for r in results) / wanted,
            "",
            0.95,
            "higher",
            wanted,
        ),
        Figure(
            "claimed changes that are false",
            sum(r.false for r in results) / max(1, claims),
            "",
            0.02,
            "lower",
            claims,
        ),
        Figure(
            "map entries right after the patrol",
            float(np.mean([r.agreement for r in results])),
            "",
            NAN,
            "higher",
            len(results),
        ),
    ]
    samples += [{"part": "map", **asdict(r)} for r in results]


def _find(
    options: Options,
    own: argparse.Namespace,
    seeds: tuple[int, ...],
    figures: list[Figure],
    samples: list[dict[str, Any]],
) -> None:
    from looks import make_detector
    from search_homes import hunts

    detector, found = make_detector(own.detector), []
    for number in seeds:
        mine = hunts(number, own.finds, detector)
        found += mine
        said = ", ".join(f"{h.label} {'ok' if h.found else 'NOT'} {h.driven:.0f} m" for h in mine)
        _say(f"home {number}: {said}; whole tour {max(h.shortest for h in mine):.0f} m")
    figures += find_figures(found)
    samples += [{"part": "find", **asdict(h)} for h in found]
    if own.deployed:
        from find_deployed import find_deployed

        labels = ("book", "mug", "remote_control", "bottle", "detergent", "slipper")
        real = [
            find_deployed(options.root, seed, labels[seed % len(labels)])
            for seed in range(own.deployed)
        ]
        figures += [
            Figure(
                "found in a deployment (apartment)",
                _share(real, "found"),
                "",
                0.95,
                "higher",
                len(real),
            ),
            Figure(
                "touched on the way", sum(len(r.contacts) for r in real), "", 0, "lower", len(real)
            ),
        ]
        samples += [{"part": "find deployed", **asdict(r)} for r in real]


def find_figures(found: list[Any]) -> list[Figure]:
    """Of searches in rendered homes."""
    count = len(found)
    ratio = np.array([h.driven / max(h.shortest, 1e-6) for h in found])
    hit = np.array([h.found for h in found], bool)
    wrong = [h.claimed and not h.found for h in found]
    views = float(np.mean([h.views for h in found]))
    return [
        Figure("found, never seen, new homes", float(hit.mean()), "", 0.95, "higher", count),
        Figure("another thing taken for it", float(np.mean(wrong)), "", NAN, "lower", count),
        Figure(
            "way within 1.5 of the shortest tour",
            float((ratio <= 1.5).mean()),
            "",
            0.95,
            "higher",
            count,
        ),
        Figure(
            "way over the shortest tour (median)", float(np.median(ratio)), "", 1.5, "lower", count
        ),
        Figure("way over the shortest tour (worst)", float(ratio.max()), "", 1.5, "lower", count),
        Figure(
            "stops too near to something", sum(h.scrapes for h in found), "", 0, "lower", count
        ),
        Figure("views of a search (mean)", views, "", NAN, "lower", count),
    ]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
