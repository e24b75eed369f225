"""One group of results as an SVG: a row for each contender, bars in it."""
import math
from xml.sax.saxutils import escape

from comparison import table

WIDTH = 880
MARGIN = 18
LABELS = 194       # columns start here
TEXT_LABELS = 320  # bars of texts start here
GAP = 14           # between columns
TOP = 106          # rows start here
TEXT_TOP = 70
ROW = 34
BAR = 10

STYLE = """
text { font: 12px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
       fill: #24292f; }
.card { fill: #ffffff; stroke: #d0d7de; }
.title { font-size: 16px; font-weight: 600; }
.head, .ours { font-weight: 600; }
.quiet { fill: #57606a; }
.small { font-size: 11px; }
.line { stroke: #818b98; stroke-opacity: 0.3; }
.track { fill: #818b98; fill-opacity: 0.16; }
.bar { fill: #8c959f; }
.bar.ours { fill: #1f883d; }
@media (prefers-color-scheme: dark) {
  .card { fill: #0d1117; stroke: #30363d; }
  text { fill: #e6edf3; }
  .quiet { fill: #9198a1; }
  .bar { fill: #6e7681; }
  .bar.ours { fill: #3fb950; }
}
"""


def text(x, y, words, css="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def bar(x, y, width, css):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR}" rx="2" '
            f'class="{css}"/>')


def cell(x, y, width, row, css):
    """Share of peak as a bar on a track that stands for the peak, with both figures above it."""
    share = min(max(row["share_of_peak"], 0), 1)
    return [text(x, y + 11, table.format_share(row["share_of_peak"]), f"small {css}"),
            text(x + width, y + 11, table.format_number(row["best_ms"]) + " ms", "small quiet",
                 "end"),
            bar(x, y + 15, width, "track"), bar(x, y + 15, max(share * width, 1), f"bar {css}")]


def heading(title, subtitle):
    return [text(MARGIN, MARGIN + 16, title, "title"), text(MARGIN, MARGIN + 38, subtitle, "quiet")]


def css_of(contender):
    return "ours" if contender.name.partition("-")[0] == "henson" else ""


def rows(group, columns, width):
    parts = []
    for k, contender in enumerate(group.contenders):
        y = TOP + k * ROW
        css = css_of(contender)
        parts.append(text(MARGIN, y + 20, contender.title, css))
        for x, shape in zip(columns, group.shapes):
            row = group.row(contender, shape)
            parts += cell(x, y, width, row, css) if row else [text(x, y + 20, "–", "quiet")]
    return parts


def text_rows(group):
    """The longest bar is the fastest contender's."""
    found = {contender.name: group.row(contender) for contender in group.contenders}
    most = max((row["sentences_per_second"] for row in found.values() if row), default=1)
    width = WIDTH - MARGIN - TEXT_LABELS
    parts = []
    for k, contender in enumerate(group.contenders):
        y = TEXT_TOP + k * ROW
        css, row = css_of(contender), found[contender.name]
        parts.append(text(MARGIN, y + 20, contender.title, css))
        if not row:
            parts.append(text(TEXT_LABELS, y + 20, "–", "quiet"))
            continue
        speed = row["sentences_per_second"]
        times = table.format_times(row["times_sentence_transformers"])
        parts += [text(TEXT_LABELS, y + 11, f"{speed:,.0f} sentences/s", f"small {css}"),
                  text(WIDTH - MARGIN, y + 11, times, "small quiet", "end"),
                  bar(TEXT_LABELS, y + 15, width, "track"),
                  bar(TEXT_LABELS, y + 15, max(speed / most * width, 1), f"bar {css}")]
    return parts


def card(title, height, parts):
    """On a card of its own: a page's background need not follow the reader's colour scheme."""
    title = escape(title)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{title}">',
        f"<title>{title}</title>", f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" class="card"/>',
        *parts, "</svg>", ""])


def draw(group, about):
    count = len(group.shapes)
    width = (WIDTH - MARGIN - LABELS - GAP * (count - 1)) / count
    columns = [LABELS + k * (width + GAP) for k in range(count)]
    height = TOP + len(group.contenders) * ROW + MARGIN - 8
    title = f"{group.encoder.title}, {table.threads_of(group.threads)}"
    subtitle = (f"Share of the machine's own peak ({table.peaks_of(group)}), best time of a batch. "
                f"{about['cpu']}, {about['date']}")
    heads = [text(x, TOP - 12, shape.name, "head") for x, shape in zip(columns, group.shapes)]
    return card(f"{title}: time and share of peak", height,
                [*heading(title, subtitle), *heads, *rows(group, columns, width)])


def draw_texts(group, about):
    height = TEXT_TOP + len(group.contenders) * ROW + MARGIN - 8
    title = table.texts_heading(group)
    subtitle = (f"{group.texts.count:,} lines, tokenizing included. "
                f"{about['cpu']}, {about['date']}")
    return card(f"{title}: sentences a second", height,
                [*heading(title, subtitle), *text_rows(group)])


PLOT = 70, 94, WIDTH - MARGIN, 518  # left, top, right and bottom of the points' field
EXACT = 34       # height of the band of those that lose next to nothing
NOTHING = 1e-6   # lost cosine that is next to nothing
LETTER = 5.9     # width of a letter of the labels
LINE = 13        # height of a label


def height_of(lost, worst):
    """Where a point stands by the cosine that is lost: logarithmic, the exact ones on top."""
    _, top, _, bottom = PLOT
    if lost <= NOTHING:
        return top + EXACT / 2
    full = math.log10(worst / NOTHING)
    return top + EXACT + math.log10(lost / NOTHING) / full * (bottom - top - EXACT)


def mark(x, y, precision, css):
    """A circle for fp32, a square for bf16, a diamond for int8."""
    if precision == "fp32":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="bar {css}"/>'
    turned = f' transform="rotate(45 {x:.1f} {y:.1f})"' if precision == "int8" else ""
    return (f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" '
            f'class="bar {css}"{turned}/>')


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def place_label(x, y, words, taken):
    """The nearest free box beside a point; where none is free, the last that was tried."""
    left, top, right, bottom = PLOT
    width = LETTER * len(words)
    box = None
    for step in range(24):
        for sign in (-1, 1):
            for start in (x + 9, x - 9 - width):
                middle = y + sign * step * LINE / 2
                box = start, middle - LINE / 2, start + width, middle + LINE / 2
                inside = left < box[0] and box[2] < right and top - 2 < box[1] and box[3] < bottom
                if inside and not any(overlap(box, other) for other in taken):
                    return box
    return box


def axes(worst, fastest):
    left, top, right, bottom = PLOT
    parts = [text(left, bottom + 30, "sentences a second →", "quiet"),
             text(MARGIN, top - 10, "mean cosine", "quiet"),
             text(left - 6, top + EXACT / 2 + 4, "1", "small quiet", "end")]
    power = -5  # those that lose less stand in the band at 1
    while 10 ** power <= worst:
        y = height_of(10 ** power, worst)
        parts += [f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" class="line"/>',
                  text(left - 6, y + 4, f"{1 - 10 ** power:.{-power}f}", "small quiet", "end")]
        power += 1
    step = 10 ** math.floor(math.log10(fastest))
    step = step / 2 if fastest / step < 3 else step
    speed = 0
    while speed <= fastest:
        x = left + speed / fastest * (right - left)
        parts += [f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" class="line"/>',
                  text(x, bottom + 15, f"{speed:,.0f}", "small quiet", "middle")]
        speed += step
    return parts


def points(group):
    """(contender, sentences a second, lost cosine)"""
    [shape] = group.shapes
    rows = [(contender, group.row(contender, shape)) for contender in group.contenders]
    return [(contender, 1e3 * len(shape.lengths) / row["best_ms"],
             1 - contender.accuracy["mean_cosine"])
            for contender, row in rows if row and contender.accuracy]


def draw_accuracy(group, about):
    """A point a contender: to the right is faster, up is closer to fp32."""
    left, _, right, bottom = PLOT
    found = points(group)
    worst = max([1.5 * lost for _, _, lost in found] + [1e-4])
    fastest = 1.08 * max([speed for _, speed, _ in found], default=1)
    placed = [(contender, left + speed / fastest * (right - left), height_of(lost, worst))
              for contender, speed, lost in found]
    taken = [(x - 6, y - 6, x + 6, y + 6) for _, x, y in placed]
    parts = axes(worst, fastest)
    for contender, x, y in placed:
        box = place_label(x, y, contender.title, taken)
        taken.append(box)
        near = box[0] if box[0] > x else box[2]
        css = css_of(contender)
        parts += [f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{near:.1f}" '
                  f'y2="{(box[1] + box[3]) / 2:.1f}" class="line"/>',
                  mark(x, y, contender.precision, css),
                  text(box[0], box[3] - 3, contender.title, f"small {css}")]
    title = f"Accuracy against speed: {group.encoder.title}, {table.threads_of(group.threads)}"
    subtitle = (f"Vectors of {len(group.shapes[0].lengths)} English sentences against fp32. "
                f"{about['cpu']}, {about['date']}")
    return card(title, bottom + 48, [*heading(title, subtitle), *parts])
