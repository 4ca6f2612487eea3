# SPDX-License-Identifier: Apache-2.0
"""Tables and plots in docs/performance.md and README.md, between markers."""

import re
import textwrap
from statistics import median

import plot
from targets import targets

NAMES = ("container-collector", "Go", "nginx")


def digits(value):
    """Three significant digits, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 10 and float(f"{value:.2g}") == value else f"{value:.3g}"


def spread(values, scale=1):
    """The median of the rounds, and the least and the greatest of them if they differ."""
    values = [value / scale for value in values]
    texts = [digits(value) for value in (median(values), min(values), max(values))]
    return texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]}–{texts[2]})"


def ratios(over, under):
    return [a / b for a, b in zip(over, under)]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|-" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def machine(results):
    about, plan = results["machine"], results["plan"]
    quick = "**A quick run, for a look only.** " if plan["load_rounds"] == 1 else ""
    return wrap(f"{quick}Measured on {about['cores']} cores of {about['cpu']} with {about['memory'] / 2**30:.0f} GiB of memory. "
            f"Each figure is the median of the rounds ({plan['json_rounds']} for JSON, {plan['load_rounds']} for "
            f"requests, {plan['memory_rounds']} for memory, {plan['start_rounds']} for start-up, {plan['cri_rounds']} "
            "for the container runtimes), with the least and the greatest in parentheses.")


def json_table(results):
    rows = []
    for row in results["json"]:
        ours, go = row["ours"], row["go"]
        per = row["count"] * 1000
        rows.append([row["shape"], f"{row['count']:,}", digits(row["bytes"] / 1e6),
                     *(spread(ours[name], per) for name in ("decode", "encode", "both")),
                     *(spread(go[name], per) for name in ("decode", "encode", "both")), spread(ours["read"], per),
                     spread(ratios(go["both"], ours["both"])), spread(ratios(ours["both"], ours["read"]))])
    return table(["shape", "containers", "MB", "decode", "encode", "both", "Go: decode", "Go: encode", "Go: both",
                  "RapidJSON's reader", "Go / ours", "ours / reader"], rows)


def json_plot(results):
    panels = []
    for shape in ("plain", "rich"):
        rows = [row for row in results["json"] if row["shape"] == shape]
        line = lambda side, name: [(row["count"], *(function(row[side][name]) / 1e6 for function in (min, median, max)))
                                   for row in rows]
        panels.append(plot.Panel(f"decode and encode, {shape}", "containers", "milliseconds",
                                 {"container-collector": line("ours", "both"), "Go": line("go", "both"),
                                  "RapidJSON's reader": line("ours", "read")}))
    return plot.svg(panels, "Time for decoding and encoding over the number of containers")


def requests_table(results):
    rows = []
    for row in results["requests"]:
        rows.append([row["daemon"], row["clients"], row["server"], spread(row["rate"]), spread(row["median"], 1000),
                     spread(row["p99"], 1000), spread(row["cpu"], 1e-3), spread(row["daemon_cpu"], 1e-3),
                     int(sum(row["failures"]))])
    return table(["daemon", "clients", "server", "requests/s", "median ms", "99 % ms", "CPU ms/request",
                  "daemon's CPU ms/request", "failures"], rows)


def requests_plot(results):
    panels = []
    titles = {"stand-in": "stand-in daemon", "dockerd": "dockerd"}
    for daemon, title in titles.items():
        rows = [row for row in results["requests"] if row["daemon"] == daemon]
        lines = {name: [(row["clients"], min(row["rate"]), median(row["rate"]), max(row["rate"])) for row in rows
                        if row["server"] == name] for name in NAMES}
        if rows:
            panels.append(plot.Panel(f"{title}, {results['plan']['containers']} containers", "clients", "requests/s",
                                     lines))
    return plot.svg(panels, "Requests per second over the number of clients")


def memory_table(results):
    mib = 1 << 20
    rows = []
    for row in results["memory"]:
        name = f"{row['count']:,}" if isinstance(row["count"], int) else "at the bound"
        settled = row["count"] == max(results["plan"]["counts"])
        rows.append([name, digits(row["bytes"] / mib), row["server"], spread(row["start_anonymous"], mib),
                     spread(row["start_file"], mib), spread(row["peak"], mib), spread(row["peak_anonymous"], mib),
                     spread(row["settled_anonymous"], mib) if settled else "",
                     spread(row["settled_file"], mib) if settled else ""])
    seconds = f"{results['plan']['settle_seconds']:g} s later"
    return table(["containers", "MiB of JSON", "server", "start: anonymous", "start: file", "peak: all",
                  "peak: anonymous", f"{seconds}: anonymous", f"{seconds}: file"], rows)


def memory_plot(results):
    rows = [row for row in results["memory"] if isinstance(row["count"], int)]
    panels = []
    for title, name in (("all resident memory", "peak"), ("anonymous memory", "peak_anonymous")):
        point = lambda row: (row["count"], *(function(row[name]) / (1 << 20) for function in (min, median, max)))
        lines = {server: [point(row) for row in rows if row["server"] == server] for server in NAMES}
        lines["size of the JSON"] = [(row["count"], *[row["bytes"] / (1 << 20)] * 3) for row in rows
                                     if row["server"] == "Go"]
        panels.append(plot.Panel(f"peak of one collection, {title}", "containers, rich", "MiB", lines))
    return plot.svg(panels, "Peak of memory over the number of containers")


def small_table(results):
    counted = results["daemon_requests"]
    rows = [["start to first response, ms", *(spread(results["start"][name], 1e-3) for name in NAMES)],
            [f"anonymous memory after {results['plan']['many_requests']:,} requests of 64 clients, MiB",
             *(spread(results["after_load"][name], 1 << 20) for name in NAMES)],
            ["requests of the daemon per collection", digits(counted["requests"] / counted["collections"]), "", ""]]
    return table(["", *NAMES], rows)


def worst_table(results):
    normal = results["worst"][0]
    rows = [[row["name"], spread(row["time"]), spread(ratios(row["time"], normal["time"])), spread(row["peak"]),
             re.sub(r"^\d+ bytes$", "decoded", row["result"]).partition(":")[0]] for row in results["worst"]]
    return table(["input", "ns/byte", "against a rich node", "peak memory / input", "result"], rows)


def cri_table(results):
    names = ("list", "first", "collection", "changed", "slowest", "cpu")
    rows = [[row["runtime"], *(spread(row[name], 1e6) if name in row else "" for name in names)] for row in results["cri"]]
    return table(["container runtime", "the two lists, ms", "first collection, ms", "unchanged node, ms",
                  "a tenth changed, ms", "the slowest unchanged one, ms", "CPU of the client, ms"], rows)


def targets_table(results):
    rows = [[what, target, spread(values) + unit, "yes" if holds(median(values)) else "**no**"]
            for what, target, unit, values, holds in targets(results)]
    return table(["what", "target", "measured", "reached"], rows)


def wrap(text, indent=""):
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def headline(results):
    """The README's figures."""
    rate = {(row["daemon"], row["server"], row["clients"]): row["rate"] for row in results["requests"]}
    json_rows = {(row["shape"], row["count"]): row for row in results["json"]}
    rich = json_rows["rich", 10000]
    peak = {(row["count"], row["server"]): row for row in results["memory"]}
    daemon = "dockerd" if ("dockerd", "Go", 64) in rate else "stand-in"
    ours, go, nginx = (rate[daemon, name, 64] for name in NAMES)
    lines = [f"- {digits(median(ours))} requests/s with 64 clients and {results['plan']['containers']} containers "
             f"({daemon}); a collector in Go that calls the daemon for each request: {digits(median(go))}, nginx as a "
             f"proxy: {digits(median(nginx))}.",
             f"- Decoding and encoding 10,000 rich containers ({rich['bytes'] / 1e6:.0f} MB) takes "
             f"{digits(median(rich['ours']['both']) / 1e6)} ms, {digits(median(ratios(rich['go']['both'], rich['ours']['both'])))} "
             "times faster than Go's `encoding/json`.",
             f"- One collection of them peaks at {digits(median(peak[10000, 'container-collector']['peak']) / 2**20)} MiB "
             f"of memory (Go: {digits(median(peak[10000, 'Go']['peak']) / 2**20)} MiB); the server starts with "
             f"{digits(median(peak[10000, 'container-collector']['start_anonymous']) / 2**20)} MiB of anonymous memory, "
             f"and responds {digits(median(results['start']['container-collector']) * 1e3)} ms after its start."]
    return "\n".join(wrap(line, "  ") for line in lines)


def replace(page, name, text):
    """Replaces what is between <!-- name --> and <!-- /name -->."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    content, found = pattern.subn(lambda match: match[1] + text + "\n" + match[2], page.read_text())
    if found != 1:
        raise SystemExit(f"scripts/bench: {page} needs the markers <!-- {name} --> and <!-- /{name} --> once")
    page.write_text(content)


def write(results, output):
    plots = output / "docs/performance"
    plots.mkdir(parents=True, exist_ok=True)
    for name, function in (("json", json_plot), ("requests", requests_plot), ("memory", memory_plot)):
        (plots / f"{name}.svg").write_text(function(results))
    page = output / "docs/performance.md"
    for name, function in (("machine", machine), ("targets", targets_table), ("json", json_table),
                           ("requests", requests_table), ("memory", memory_table), ("small", small_table),
                           ("worst", worst_table), ("cri", cri_table)):
        replace(page, name, function(results))
    replace(output / "README.md", "performance", headline(results))
    print(f"\nWrote {page}, {plots}/*.svg and in {output / 'README.md'}:\n\n{headline(results)}")
