#!/usr/bin/env python3
"""Draws what `stepwell_soak --series FILE` wrote: rate, p99 and memory over time, as an SVG for light and dark pages.

Usage: plot.py SERIES.csv PLOT.svg TITLE
"""

import csv
import math
import pathlib
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 760, 78, 16
PANEL_HEIGHT, GAP, TOP, BOTTOM = 130, 44, 64, 42
POINTS_MAX = 360  # more than the eye sees; further ones are averaged

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .panel { font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .kill { stroke: #cf222e; stroke-width: 1; opacity: .55 }
  .line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
  .rate { stroke: #0969da } .p99 { stroke: #9a6700 } .memory { stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title, .panel { fill: #e6edf3 } .grid { stroke: #3d444d } .kill { stroke: #f85149 }
    .rate { stroke: #58a6ff } .p99 { stroke: #d29922 } .memory { stroke: #3fb950 }
  }
"""


def read_series(path):
    with open(path, newline="") as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    if len(rows) < 2:
        sys.exit(f"plot: {path} has {len(rows)} lines; two are needed")
    return rows


def thinned(points):
    """At most POINTS_MAX points, each the mean of its neighbours."""
    size = math.ceil(len(points) / POINTS_MAX)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [tuple(sum(values) / len(values) for values in zip(*group)) for group in groups]


def round_up(value):
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below `value`."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if value <= step * power * (1 + 1e-9))


def label(value):
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value >= 1e4 else f"{value:g}"


def horizontal(seconds, end):
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / end


def panel(top, title, name, points, end):
    most = round_up(max(value for _, value in points))

    def vertical(value):
        return top + PANEL_HEIGHT * (1 - value / most)

    parts = [f'<text class="panel" x="{LEFT}" y="{top - 10}">{escape(title)}</text>']
    for quarter in range(0, 5, 2):
        value = most * quarter / 4
        y = vertical(value)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label(value)}</text>')
    path = " ".join(f"{horizontal(seconds, end):.1f},{vertical(value):.1f}" for seconds, value in thinned(points))
    parts.append(f'<polyline class="line {name}" points="{path}"/>')
    return parts


def time_axis(y, end):
    in_minutes = end >= 180
    unit = 60 if in_minutes else 1
    step = max(1, round_up(end / unit / 6))
    parts = []
    for i in range(int(end / unit / step) + 1):
        x = horizontal(i * step * unit, end)
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{i * step:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{y + 18}" text-anchor="middle">{"minutes" if in_minutes else "seconds"}</text>')
    return parts


def kill_marks(rows, bottom, end):
    parts, before = [], 0.0
    for row in rows:
        if row["kills"] > before:
            x = horizontal(row["seconds"], end)
            parts.append(f'<line class="kill" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        before = row["kills"]
    return parts


def draw(rows, title):
    end = rows[-1]["seconds"]
    panels = [("executions a second", "rate", "executions_per_s", 1),
              ("latency p99, ms", "p99", "p99_us", 1e-3),
              ("resident memory, MB", "memory", "rss_bytes", 1e-6)]
    height = TOP + len(panels) * (PANEL_HEIGHT + GAP) - GAP + BOTTOM
    bottom = height - BOTTOM
    parts = [f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>', *kill_marks(rows, bottom, end)]
    if rows[-1]["kills"] > 0:
        parts.append(f'<text x="{WIDTH - RIGHT}" y="24" text-anchor="end">red: kill -9 of the server</text>')
    for i, (name, style, column, scale) in enumerate(panels):
        # A sample while the server is down has no latency and no memory.
        points = [(row["seconds"], row[column] * scale) for row in rows if style == "rate" or row[column] > 0]
        parts += panel(TOP + i * (PANEL_HEIGHT + GAP), name, style, points or [(0, 0), (end, 0)], end)
    parts += time_axis(bottom + 18, end)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    series, plot, title = sys.argv[1:]
    pathlib.Path(plot).write_text(draw(read_series(series), title))


if __name__ == "__main__":
    main()
