"""Small line charts as SVG, readable on light and dark pages. For the scripts that make docs/plots."""

import html
import math

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 56, 48
STYLE = """
  text { font: 12px sans-serif; fill: #333 } .title { font-weight: bold; font-size: 14px }
  .grid { stroke: #ddd } .axis { stroke: #888 } path { fill: none; stroke-width: 1.8 }
  .s0 { stroke: #0b62c4 } .s1 { stroke: #c2410c } .s2 { stroke: #15803d } .s3 { stroke: #7e22ce }
  .limit { stroke: #b91c1c; stroke-dasharray: 6 4; stroke-width: 1.2 }
  .mark { fill: #888; fill-opacity: 0.18 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ccc } .grid { stroke: #333 } .axis { stroke: #777 }
    .s0 { stroke: #6cb2ff } .s1 { stroke: #fb923c } .s2 { stroke: #4ade80 } .s3 { stroke: #c084fc }
    .limit { stroke: #f87171 }
  }
"""


def ticks(low, high, log):
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10**power for power in range(first, last + 1)]
    step = 10 ** math.floor(math.log10((high - low) / 5))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 6)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def number(value):
    return f"{value:,.0f}".replace(",", " ") if value >= 10 else f"{value:g}"


class Chart:
    """`log`: both axes. Series are (name, [(x, y), ...], steps)."""

    def __init__(self, title, x_label, y_label, log=False):
        self.title, self.x_label, self.y_label, self.log = title, x_label, y_label, log
        self.series, self.limits, self.marks = [], [], []

    def add(self, name, points, steps=False):
        self.series.append((name, points, steps))

    def limit(self, name, points):
        self.limits.append((name, points))

    def mark(self, name, begin, end):
        self.marks.append((name, begin, end))

    def svg(self):
        everything = [p for _, points, _ in self.series for p in points]
        everything += [p for _, points in self.limits for p in points]
        self.x = self.scale([x for x, _ in everything], LEFT, WIDTH - RIGHT)
        self.y = self.scale([y for _, y in everything], HEIGHT - BOTTOM, TOP)
        body = [*self.frame(), *self.lines()]
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{html.escape(self.title)}">',
            f"<style>{STYLE}</style>", *body, "</svg>", ""])

    def scale(self, values, begin, end):
        place = math.log10 if self.log else float
        marks = ticks(min(values) if self.log else 0, max(values) * (1 if self.log else 1.05),
                      self.log)
        low = marks[0]
        high = marks[-1] if self.log else max(values) * 1.05
        span = place(high) - place(low)

        def at(value):
            return round(begin + (place(value) - place(low)) / span * (end - begin), 1)

        at.ticks = marks
        return at

    def frame(self):
        yield f'<text class="title" x="{LEFT}" y="20">{html.escape(self.title)}</text>'
        for begin, end, name in ((b, e, n) for n, b, e in self.marks):
            left, right = self.x(begin), self.x(end)
            yield (f'<rect class="mark" x="{left}" y="{TOP}" width="{right - left:.1f}" '
                   f'height="{HEIGHT - BOTTOM - TOP}"/>')
            yield f'<text x="{left + 4}" y="{TOP + 14}">{html.escape(name)}</text>'
        for value in self.y.ticks:
            y = self.y(value)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{number(value)}</text>'
        bottom = HEIGHT - BOTTOM
        for value in self.x.ticks:
            x = self.x(value)
            yield f'<line class="axis" x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 4}"/>'
            yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{number(value)}</text>'
        yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>'
        yield (f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
               f"{html.escape(self.x_label)}</text>")
        yield (f'<text transform="translate(14 {(TOP + bottom) / 2}) rotate(-90)" '
               f'text-anchor="middle">{html.escape(self.y_label)}</text>')

    def lines(self):
        at = LEFT
        named = [(name, points, steps, f"s{i % 4}")
                 for i, (name, points, steps) in enumerate(self.series)]
        named += [(name, points, False, "limit") for name, points in self.limits]
        for name, points, steps, style in named:
            yield f'<path class="{style}" d="{self.path(points, steps)}"/>'
            yield f'<path class="{style}" d="M{at} 36h22"/>'
            yield f'<text x="{at + 28}" y="40">{html.escape(name)}</text>'
            at += 48 + 7 * len(name)

    def path(self, points, steps):
        parts, last = [], None
        for x, y in points:
            here = (self.x(x), self.y(y))
            if last is None:
                parts.append(f"M{here[0]} {here[1]}")
            elif steps:
                parts.append(f"H{here[0]}V{here[1]}")
            else:
                parts.append(f"L{here[0]} {here[1]}")
            last = here
        return "".join(parts)
