"""What a dashboard has to be like, after Grafana's dashboard-linter and the habits of this project.

lint(name, dashboard) gives "rule: place: what is wrong" for each offence. EXCLUSIONS names what we leave out on purpose,
with the reason; one that excludes nothing is an offence itself. expressions(dashboard) gives every PromQL expression
with its variables filled in.
"""

import re

EXCLUSIONS = {
    ("*", "uneditable-dashboard", ""): "who imports a dashboard expects to be able to edit it",
    ("host.json", "template-instance", ""): "it shows one host: two would be lines of the same name",
}

VISUAL = {"stat", "timeseries", "table", "gauge", "bargauge", "heatmap", "state-timeline", "status-history"}
UNITS = {"none", "suffix: days", "percentunit", "s", "ms", "bytes", "Bps", "ops", "pps", "reqps", "celsius", "short", "dateTimeFromNow"}
TRANSFORMATIONS = {"merge", "organize", "joinByField", "sortBy", "filterFieldsByName", "calculateField", "reduce"}
TOP_LEVEL = set(
    "id uid title description revision gnetId tags timezone editable graphTooltip time timepicker fiscalYearStartMonth "
    "liveNow weekStart refresh schemaVersion version panels templating annotations links snapshot preload".split()
)
VARIABLE_QUERY = re.compile(r"(label_names\(\)|label_values\(.+\)|metrics\(.+\)|query_result\(.+\))$")
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panels(dashboard):
    """All panels, those inside collapsed rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def visual_panels(dashboard):
    return [panel for panel in panels(dashboard) if panel["type"] != "row"]


def targets(dashboard):
    for panel in visual_panels(dashboard):
        for target in panel.get("targets", ()):
            yield f"{panel['title']}/{target['refId']}", target


def filled_in(expr, values):
    known = {"$__rate_interval": "5m", "$__range": "1h", "$__interval": "1m", "$__from": "0", "$__to": "3600000"}
    for name, value in known.items():
        expr = expr.replace(name, value)
    return re.sub(r"\$\{?(\w+)\}?", lambda name: values.get(name.group(1), ".+"), expr)


def expressions(dashboard, **values):
    """(place, expression) of panels, annotations and variables; a variable without a value stands for all."""
    for place, target in targets(dashboard):
        yield place, filled_in(target["expr"], values)
    for annotation in dashboard["annotations"]["list"]:
        if "expr" in annotation:
            yield f"annotation {annotation['name']}", filled_in(annotation["expr"], values)
    for variable in query_variables(dashboard):
        selector = re.match(r"label_values\((.+), *\w+\)$", variable["query"]["query"])
        if selector:
            yield f"variable {variable['name']}", filled_in(selector.group(1), values)


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def query_variables(dashboard):
    return [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


def check_dashboard(board):
    for key in board.keys() - TOP_LEVEL:
        yield "schema", "", f"unknown key {key}"
    if board["schemaVersion"] != 41 or board["id"] is not None or not re.fullmatch(r"[\w-]{1,40}", board["uid"]):
        yield "schema", "", "schemaVersion 41, id null, uid of at most 40 plain characters"
    ids = [panel["id"] for panel in panels(board)]
    if len(ids) != len(set(ids)):
        yield "schema", "", "panel ids repeat"
    if board["editable"]:
        yield "uneditable-dashboard", "", "editable"


def check_variables(board):
    known = variables(board)
    source = known.get("datasource", {})
    if source.get("type") != "datasource" or source.get("label") != "Data source":
        yield "template-datasource", "", "a variable 'datasource' labelled 'Data source'"
    for name in ("job", "instance"):
        variable = known.get(name, {})
        wanted = {"type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+"}
        if any(variable.get(key) != value for key, value in wanted.items()):
            yield f"template-{name}", "", f"not {wanted}"
    for variable in query_variables(board):
        if variable["datasource"] != DATASOURCE:
            yield "panel-datasource", variable["name"], "not the variable"
        if not VARIABLE_QUERY.match(variable["query"]["query"]) or variable["definition"] != variable["query"]["query"]:
            yield "template-label-promql", variable["name"], variable["query"]["query"]
        if variable["refresh"] != 2:
            yield "template-on-time-change-reload", variable["name"], "refresh must be 2"


def check_overlaps(board):
    """Panels beside each other, and those inside one folded row."""
    for level in (board["panels"], *(panel["panels"] for panel in board["panels"] if panel["type"] == "row")):
        taken = {}
        for panel in level:
            place = panel["gridPos"]
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    if taken.setdefault((x, y), panel) is not panel:
                        yield "panel-overlap", panel["title"], f"lies upon {taken[x, y]['title']}"
                        break


def check_panels(board):
    for panel in visual_panels(board):
        title = panel.get("title", "")
        if panel["type"] not in VISUAL:
            yield "panel-type", title, panel["type"]
        if not title or not panel.get("description"):
            yield "panel-title-description", title, "title or description is missing"
        if panel.get("datasource") != DATASOURCE:
            yield "panel-datasource", title, "not the variable"
        if not panel.get("targets"):
            yield "panel-no-targets", title, "none"
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > 24:
            yield "panel-grid", title, str(place)
        if not any(re.match(r"/d/[\w-]+\?.*\$\{\w+:queryparam\}", link["url"]) for link in panel.get("links", ())):
            yield "panel-link", title, "leads nowhere, or forgets what is chosen"
        for transformation in panel.get("transformations", ()):
            if transformation["id"] not in TRANSFORMATIONS:
                yield "panel-transformation", title, transformation["id"]
        yield from check_field_config(title, panel["fieldConfig"])


def check_field_config(title, config):
    defaults = config["defaults"]
    properties = [prop for override in config["overrides"] for prop in override["properties"]]
    units = [defaults.get("unit")] + [prop["value"] for prop in properties if prop["id"] == "unit"]
    units = [unit for unit in units if unit is not None]
    if not set(units) <= UNITS or not (units or defaults.get("mappings")):
        yield "panel-units", title, f"{units}"
    if not defaults.get("noValue"):
        yield "panel-no-value", title, "says nothing when there is no data"
    for thresholds in [defaults.get("thresholds")] + [p["value"] for p in properties if p["id"] == "thresholds"]:
        if thresholds and thresholds["steps"][0].get("value", 0) is not None:
            yield "panel-thresholds", title, "the first step must be null"


def check_targets(board):
    for place, target in targets(board):
        if target["datasource"] != DATASOURCE:
            yield "panel-datasource", place, "not the variable"
        expr = target["expr"]
        unquoted = re.sub(r'"[^"]*"', '""', expr)
        for window in re.findall(r"\bi?rate\([^[]*\[([^]]+)\]", unquoted):
            if window != "$__rate_interval":
                yield "target-rate-interval", place, window
        for selector in re.findall(r"\w+\{([^}]*)\}", expr):
            for name in ("job", "instance"):
                if f'{name}=~"${name}"' not in selector:
                    yield f"target-{name}", place, selector
        # How many series a counter has may be asked without a rate.
        outside = re.sub(r"\b(rate|irate|increase|count( by \([^()]*\) )?)\([^()]*\)", "", unquoted)
        for counter in re.findall(r"\b\w+_(?:total|sum|count|bucket)\b", outside):
            yield "target-counter-agg", place, counter


def lint(name, dashboard):
    found = []
    used = set()
    for check in (check_dashboard, check_variables, check_overlaps, check_panels, check_targets):
        for rule, place, what in check(dashboard):
            keys = {(board, rule, place) for board in (name, "*")} & EXCLUSIONS.keys()
            if keys:
                used |= keys
            else:
                found.append(f"{rule}: {place}: {what}")
    found += [f"unused exclusion {key}" for key in EXCLUSIONS if key[0] in (name, "*") and key not in used]
    return found
