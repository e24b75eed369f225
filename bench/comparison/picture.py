"""One group of results as an SVG: a row for each contender, bars in it."""
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
    return "ours" if contender.name == "henson" else ""


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
    subtitle = (f"Share of the machine's fp32 peak ({table.format_number(group.peak_gops)} Gop/s), "
                f"best time of a batch. {about['cpu']}, {about['date']}")
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
