"""Results as Markdown."""


def format_number(value):
    """Three significant digits, no exponent: 0.123, 4.56, 78.9, 1234."""
    if value is None:
        return "–"
    for limit, digits in ((1, 3), (10, 2), (100, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


def format_share(value):
    return "–" if value is None else f"{100 * value:.0f}%"


def format_times(value):
    return "–" if value is None else f"{value:.2f}×"


def format_megabytes(value):
    return "–" if value is None else f"{value / 1e6:.0f}"


def markdown(columns, rows):
    """The first column to the left, the others to the right."""
    lines = [columns, ["---"] + ["--:"] * (len(columns) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def threads_of(count):
    return "one thread" if count == 1 else f"{count} threads"


def peaks_of(group):
    """ "236 Gop/s", or one for each precision: "fp32 236, int8 930 Gop/s" """
    if len(group.peaks) < 2:
        return f"{format_number(next(iter(group.peaks.values()), group.peak_gops))} Gop/s"
    return ", ".join(f"{name} {format_number(peak)}"
                     for name, peak in group.peaks.items()) + " Gop/s"


def heading(group):
    return f"{group.encoder.title}, {threads_of(group.threads)}, peak {peaks_of(group)}"


def overview(group):
    """A row for each contender: milliseconds and share of peak at each shape, memory, start."""
    rows = []
    for contender in group.contenders:
        cells = []
        for shape in group.shapes:
            row = group.row(contender, shape)
            cells.append("–" if row is None else
                         f"{format_number(row['best_ms'])} ({format_share(row['share_of_peak'])})")
        rows.append([contender.title, *cells, format_megabytes(contender.peak_bytes),
                     format_number(contender.start_seconds)])
    columns = ["ms (share of peak)", *(shape.name for shape in group.shapes), "peak MB", "start s"]
    return markdown(columns, rows)


def details(group, shape):
    """A row for each contender at one shape, the fastest first."""
    found = [(contender, group.row(contender, shape)) for contender in group.contenders]
    found = sorted((pair for pair in found if pair[1]), key=lambda pair: pair[1]["best_ms"])
    rows = [[contender.title, format_number(row["best_ms"]), format_number(row["median_ms"]),
             format_number(row["gops"]), format_share(row["share_of_peak"]),
             format_times(row["times_the_trace"])] for contender, row in found]
    return markdown([shape.name, "best ms", "median ms", "Gop/s", "of peak", "× trace"], rows)


def padding(group):
    """A line for each ragged shape: how many sequences those who pad take at a time."""
    lines = []
    for shape in group.shapes:
        sizes = [f"{contender.title} {contender.batches[shape.name]}"
                 for contender in group.contenders if shape.name in contender.batches]
        if sizes:
            lines.append(f"{shape.name}, real tokens counted. Sorted by length and padded, so many "
                         f"sequences at a time as were fastest: {', '.join(sizes)}.\n")
    return lines


def texts_heading(group):
    return f"Texts to vectors, {group.model}, {threads_of(group.threads)}"


def texts_table(group):
    """A row for each contender: speed, memory, start."""
    rows = []
    for contender in group.contenders:
        row = group.row(contender)
        if row:
            rows.append([contender.title, *(f"{row[name]:,.0f}" for name in
                                            ("sentences_per_second", "tokens_per_second")),
                         format_times(row["times_sentence_transformers"]),
                         format_number(row["best_ms"] / 1e3), format_number(row["median_ms"] / 1e3),
                         format_megabytes(contender.peak_bytes),
                         format_number(contender.start_seconds)])
    columns = ["", "sentences/s", "tokens/s", "× sentence-transformers", "best s", "median s",
               "peak MB", "start s"]
    return markdown(columns, rows)


def texts_section(group):
    worst = worst_of([group])
    vectors = (" Vectors are not checked: sentence-transformers' own are missing."
               if worst is None else
               f" Vectors are within {worst:.1e} of those of sentence-transformers.")
    return (f"\n## {texts_heading(group)}\n\n{texts_table(group)}\n"
            f"{group.texts.description}; {group.tokens:,} tokens, special ones too.{vectors}\n")


def accuracy_section(group):
    """A row for each contender: sentences a second, and what its vectors are worth."""
    [shape] = group.shapes
    rows = []
    for contender in group.contenders:
        row = group.row(contender, shape)
        if row and contender.accuracy:
            found = contender.accuracy
            rows.append([contender.title, f"{1e3 * len(shape.lengths) / row['best_ms']:,.0f}",
                         format_times(row["times_the_trace"]),
                         *(f"{found[name]:.6f}" for name in
                           ("mean_cosine", "minimum_cosine", "rank_correlation")),
                         format_megabytes(contender.peak_bytes)])
    columns = ["", "sentences/s", "× trace", "mean cosine", "minimum", "rank correlation",
               "peak MB"]
    return (f"\n## Accuracy and speed, {heading(group)}\n\n{markdown(columns, rows)}\n"
            f"{len(shape.lengths)} English sentences, {shape.tokens} tokens, to the mean of their "
            "hidden states, against the eager model in fp32; rank correlation (Spearman's) of the "
            "cosines of all pairs. What is calibrated was calibrated with the same sentences.\n")


def worst_of(groups, precision="fp32"):
    return max((contender.worst_difference for group in groups for contender in group.contenders
                if contender.worst_difference is not None and contender.precision == precision),
               default=None)


def loose_notes(groups):
    worst = {name: worst_of(groups, name) for name in ("bf16", "int8")}
    return [f"Answers in {name} differ from the eager model's by at most {format_share(found)} "
            "(root mean square of the hidden states).\n"
            for name, found in worst.items() if found is not None]


def notes(groups, text_groups):
    """What the columns say."""
    found = []
    worst = worst_of(groups)
    if worst is not None:
        found.append(f"All answers in fp32 are within {worst:.1e} of the eager model's.\n")
    found += loose_notes(groups)
    if text_groups:
        found.append("Sentences/s and tokens/s: best run over all texts, tokenizing, sorting and "
                     "batching included.\n")
    if groups:
        found.append("ms: best run. Peak: of multiply-adds in registers, measured in between.\n")
    found.append("Peak MB: resident, after all runs. Start: from the process's start to its first "
                 "answer, the files being in memory.\n")
    return found


def document(groups, text_groups, about, accuracy_groups=()):
    """The whole report. `about` has date, cpu, load, command, versions and skipped."""
    parts = [f"{about['date']}, {about['cpu']}, load {about['load']:.1f} before the start: "
             f"`{about['command']}`\n"]
    parts += [f"- {name}: left out, {why}" for name, why in about["skipped"].items()]
    for group in groups:
        parts.append(f"\n## {heading(group)}\n\n{overview(group)}")
        parts += [details(group, shape) for shape in group.shapes]
        parts += padding(group)
    parts += [texts_section(group) for group in text_groups]
    parts += [accuracy_section(group) for group in accuracy_groups]
    parts += notes([*groups, *accuracy_groups], text_groups)
    parts.append("Versions: " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()) + ".")
    return "\n".join(parts) + "\n"
