# SPDX-License-Identifier: Apache-2.0
"""The figures that Container Collector has to reach, most of them ratios within one run."""

OURS = "container-collector"
MIB = 1 << 20


def ratios(over, under):
    return [a / b for a, b in zip(over, under)]


def json_targets(results):
    rows = {(row["shape"], row["count"]): row for row in results["json"]}
    cases = [("250 plain", ("plain", 250)), ("1,000 rich", ("rich", 1000)), ("10,000 rich", ("rich", 10000))]
    for name, key in cases:
        row = rows[key]
        yield (f"decode and encode, {name}: Go's time / ours", "≥ 5", "", ratios(row["go"]["both"], row["ours"]["both"]),
               lambda value: value >= 5)
    for name, key in cases:
        row = rows[key]
        yield (f"decode and encode, {name}: our time / RapidJSON's reader's", "≤ 5", "",
               ratios(row["ours"]["both"], row["ours"]["read"]), lambda value: value <= 5)
    per_byte = {key: [time / rows[key]["bytes"] for time in rows[key]["ours"]["both"]]
                for key in (("plain", 250), ("rich", 10000))}
    yield ("our time per byte: 10,000 rich / 250 plain", "≤ 1.3", "", ratios(per_byte["rich", 10000],
                                                                             per_byte["plain", 250]),
           lambda value: value <= 1.3)


def memory_targets(results):
    row = next(row for row in results["memory"] if row["count"] == 10000 and row["server"] == OURS)
    body = row["bytes"]
    yield ("peak of one collection of 10,000 rich containers", f"≤ 3 × the body + 16 MiB = {(3 * body / MIB + 16):.0f} MiB",
           " MiB", [peak / MIB for peak in row["peak"]], lambda value: value <= 3 * body / MIB + 16)
    growth = [(row["settled_anonymous"][i] + row["settled_file"][i] - row["start_anonymous"][i] - row["start_file"][i]) / MIB
              for i in range(len(row["peak"]))]
    yield (f"{results['plan']['settle_seconds']:g} s later, above the start", "≤ 8 MiB", " MiB", growth,
           lambda value: value <= 8)
    yield (f"anonymous memory after {results['plan']['many_requests']:,} requests of 64 clients", "≤ 8 MiB", " MiB",
           [value / MIB for value in results["after_load"][OURS]], lambda value: value <= 8)


def request_targets(results):
    rows = {(row["daemon"], row["server"], row["clients"]): row for row in results["requests"]}
    ours, nginx = (rows["stand-in", name, 1]["median"] for name in (OURS, "nginx"))
    yield ("one client, stand-in daemon: time above nginx", "≤ 0.6 ms", " ms",
           [(a - b) / 1000 for a, b in zip(ours, nginx)], lambda value: value <= 0.6)
    if ("dockerd", OURS, 64) in rows:
        yield ("64 clients, dockerd: requests/s against Go", "≥ 23 ×", " ×",
               ratios(rows["dockerd", OURS, 64]["rate"], rows["dockerd", "Go", 64]["rate"]), lambda value: value >= 23)
    for clients in (64, 512):
        if ("stand-in", OURS, clients) in rows:
            yield (f"{clients} clients, stand-in daemon: requests/s against nginx", "≥ 1.2 ×", " ×",
                   ratios(rows["stand-in", OURS, clients]["rate"], rows["stand-in", "nginx", clients]["rate"]),
                   lambda value: value >= 1.2)


def cri_targets(results):
    plan = results["plan"]
    for row in results["cri"]:
        node = f"{plan['cri_containers']} containers in {plan['cri_pods']} pods, {row['runtime']}"
        yield (f"unchanged node against its two lists, {node}", "≤ 1.5 ×", " ×", ratios(row["collection"], row["list"]),
               lambda value: value <= 1.5)


def targets(results):
    """Yields what, the target, a unit, the rounds, and a function that says whether their median reaches the target."""
    yield from json_targets(results)
    yield from memory_targets(results)
    yield from request_targets(results)
    yield ("start to first response", "≤ 12 ms", " ms", [seconds * 1000 for seconds in results["start"][OURS]],
           lambda value: value <= 12)
    counted = results["daemon_requests"]
    yield ("daemon requests per collection, steady state", "1", "", [counted["requests"] / counted["collections"]],
           lambda value: value == 1)
    yield from cri_targets(results)
