# SPDX-License-Identifier: Apache-2.0
"""Line plots with logarithmic axes, as SVG."""

import math
from html import escape

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 34, 46
# Told apart by people who see colors differently too.
COLORS = {"container-collector": "#0072b2", "Go": "#d55e00", "nginx": "#009e73", "RapidJSON's reader": "#7f7f7f",
          "size of the JSON": "#7f7f7f"}


def short(value):
    """A number for an axis: 0.1, 25, 1k, 10k."""
    if value >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:g}"


class Panel:
    """One plot: lines of (x, low, middle, high)."""

    def __init__(self, title, x_label, y_label, lines):
        self.title, self.x_label, self.y_label, self.lines = title, x_label, y_label, lines
        points = [point for line in lines.values() for point in line]
        self.xs = sorted({point[0] for point in points})
        self.x_range = self.xs[0] / 1.25, self.xs[-1] * 1.25
        low, high = min(point[1] for point in points), max(point[3] for point in points)
        self.y_range = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high * 1.05))

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * self.share(value, self.x_range)

    def y(self, value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * self.share(value, self.y_range)

    @staticmethod
    def share(value, limits):
        low, high = map(math.log10, limits)
        return (math.log10(value) - low) / (high - low)

    def axes(self):
        yield f'<text x="{WIDTH / 2}" y="18" text-anchor="middle" font-weight="bold">{escape(self.title)}</text>'
        exponent = round(math.log10(self.y_range[0]))
        while 10 ** exponent <= self.y_range[1] * 1.001:
            y = self.y(10 ** exponent)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(10 ** exponent)}</text>'
            exponent += 1
        for value in self.xs:
            x = self.x(value)
            yield f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>'
            yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(value)}</text>'
        yield f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(self.x_label)}</text>'
        middle = (TOP + HEIGHT - BOTTOM) / 2
        yield (f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">'
               f'{escape(self.y_label)}</text>')

    def draw(self):
        yield from self.axes()
        for name, points in self.lines.items():
            color = COLORS[name]
            path = "L".join(f"{self.x(x):.1f} {self.y(middle):.1f}" for x, _, middle, _ in points)
            yield f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>'
            for x, low, middle, high in points:
                yield f'<path d="M{self.x(x):.1f} {self.y(low):.1f}V{self.y(high):.1f}" stroke="{color}"/>'
                yield f'<circle cx="{self.x(x):.1f}" cy="{self.y(middle):.1f}" r="3" fill="{color}"/>'


def svg(panels, description):
    """Returns panels side by side, with one legend below."""
    width, height = WIDTH * len(panels), HEIGHT + 26
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           f'font-family="sans-serif" font-size="12" fill="#222" role="img" aria-label="{escape(description)}">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for number, panel in enumerate(panels):
        out.append(f'<g transform="translate({WIDTH * number} 0)">')
        out += panel.draw()
        out.append("</g>")
    x = LEFT
    for name in names:
        out.append(f'<path d="M{x} {HEIGHT + 8}h24" stroke="{COLORS[name]}" stroke-width="2"/>')
        out.append(f'<text x="{x + 30}" y="{HEIGHT + 12}">{escape(name)}</text>')
        x += 60 + 7 * len(name)
    return "\n".join(out + ["</svg>"]) + "\n"
