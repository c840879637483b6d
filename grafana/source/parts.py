"""What all dashboards are made of: colours with one meaning each, variables, panels, the flow of panels into a grid.

Everything is a plain dict of Grafana's classic schema, version 41. A panel's place is not written anywhere: panels flow
from left to right in the order in which they stand, and a row starts a new line.
"""

import copy
import itertools

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

# Okabe and Ito's palette, which colour-blind readers can tell apart. One colour, one meaning, on every dashboard.
GOOD, WARNING, BAD = "#009E73", "#E69F00", "#D55E00"
UNKNOWN, EXCLUDED, NEUTRAL = "#999999", "#CC79A7", "#3B8FD4"  # the last one lighter than theirs, for dark pages
OTHER = "#B9A5DC"  # what is neither good nor bad, beside NEUTRAL
CLEAR = "transparent"


def steps(*pairs):
    """Thresholds from (value, colour), the first value None."""
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in pairs]}


def below_is_bad(warning, bad):
    return steps((None, BAD), (bad, WARNING), (warning, GOOD))


def above_is_bad(warning, bad):
    return steps((None, GOOD), (warning, WARNING), (bad, BAD))


# A cell without a value has no threshold to be judged by.
NOTHING = {"type": "special", "options": {"match": "null", "result": {"text": "–", "color": UNKNOWN, "index": 9}}}


def words(**texts):
    """Value mappings: words(up=(1, GOOD)) shows 1 as a green "up"."""
    options = {
        str(value): {"text": text.replace("_", " "), "color": colour, "index": index}
        for index, (text, (value, colour)) in enumerate(texts.items())
    }
    return [{"type": "value", "options": options}]


def query(expr, legend="", *, instant=False, table=False, ref=None):
    target = {"datasource": DATASOURCE, "editorMode": "code", "expr": " ".join(expr.split()), "legendFormat": legend}
    target |= {"format": "table" if table else "time_series", "instant": instant, "range": not instant}
    return target | ({"refId": ref} if ref else {})


def with_refs(targets):
    names = (chr(ord("A") + index) for index in itertools.count())
    return [{"refId": next(names)} | target for target in targets]


def field(unit=None, *, decimals=None, low=None, high=None, thresholds=None, mappings=None, colour=None, no_value, custom=None):
    if colour is None:
        mode = {"mode": "thresholds"}
    elif colour == "palette":
        mode = {"mode": "palette-classic"}
    elif isinstance(colour, dict):
        mode = colour
    else:
        mode = {"mode": "fixed", "fixedColor": colour}
    config = {"color": mode, "noValue": no_value, "thresholds": thresholds or steps((None, NEUTRAL))}
    given = {"unit": unit, "decimals": decimals, "min": low, "max": high, "mappings": mappings, "custom": custom}
    return config | {key: value for key, value in given.items() if value is not None}


def override(name, **properties):
    """For the field of this name; a key's double underscore stands for a dot."""
    matcher = {"id": "byRegexp", "options": name} if name.startswith("/") else {"id": "byName", "options": name}
    return {
        "matcher": matcher,
        "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()],
    }


def fixed(colour):
    return {"mode": "fixed", "fixedColor": colour}


def shades(colour):
    """Lighter and darker ones of a colour, for several series of which each means the same."""
    return {"mode": "shades", "fixedColor": colour}


def fixed_each(**colours):
    """Overrides that give each series, by its name, its colour."""
    return [override(name.replace("_", " "), color=fixed(colour)) for name, colour in colours.items()]


def panel(kind, title, description, targets, *, size, defaults, options, overrides=(), links=(), **more):
    return {
        "type": kind,
        "title": title,
        "description": " ".join(description.split()),
        "datasource": DATASOURCE,
        "gridPos": {"w": size[0], "h": size[1]},
        "targets": with_refs(targets),
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
        "links": list(links),
    } | more


def stat(title, description, *targets, unit=None, size=(4, 4), no_value="no data", names=False, text=None, overrides=(), **look):
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": text or ("value_and_name" if names else "auto"),
        "wideLayout": True,
    }
    return panel("stat", title, description, targets, size=size, options=options, overrides=overrides,
                 defaults=field(unit, no_value=no_value, **look))


def gauge(title, description, *targets, unit="percentunit", size=(4, 5), no_value="no data", low=0, high=1, **look):
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "showThresholdLabels": False,
        "showThresholdMarkers": True,
    }
    return panel("gauge", title, description, targets, size=size, options=options,
                 defaults=field(unit, no_value=no_value, low=low, high=high, **look))


def bars(title, description, *targets, unit, size=(8, 7), no_value="no data", **look):
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "color",
        "showUnfilled": True,
        "sizing": "auto",
        "namePlacement": "left",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "maxVizHeight": 28,
    }
    return panel("bargauge", title, description, targets, size=size, options=options,
                 defaults=field(unit, no_value=no_value, **look))


def graph(title, description, *targets, unit, size=(12, 8), no_value="no data", stack=False, fill=8, lines=False, low=0,
          full=None, wide_scale=False, legend="table", worst_first=False, overrides=(), colour="palette", **look):
    """A time series. lines=True draws the thresholds as lines; the axis reaches up to full even when all values are less.
    wide_scale=True gives each power of ten the same height. The greatest stand first in the legend, or with
    worst_first the smallest."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 30 if stack else fill,
        "gradientMode": "none",
        "spanNulls": False,
        "insertNulls": False,
        "showPoints": "never",
        "pointSize": 5,
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "axisPlacement": "auto",
        "axisLabel": "",
        "axisColorMode": "text",
        "axisBorderShow": False,
        "scaleDistribution": {"type": "log", "log": 10} if wide_scale else {"type": "linear"},
        "axisCenteredZero": False,
        "hideFrom": {"tooltip": False, "viz": False, "legend": False},
        "thresholdsStyle": {"mode": "line" if lines else "off"},
    }
    if full is not None:
        custom["axisSoftMax"] = full
    calcs = ["mean", "max", "lastNotNull"] if legend == "table" else []
    options = {
        "legend": {"displayMode": legend, "placement": "bottom", "calcs": calcs, "showLegend": True}
        | ({"sortBy": "Last *", "sortDesc": not worst_first} if calcs else {}),
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = field(unit, no_value=no_value, low=low, colour=colour, custom=custom, **look)
    return panel("timeseries", title, description, targets, size=size, options=options, overrides=overrides, defaults=defaults)


def below(pattern):
    """Draws what flows the other way under the axis."""
    return override(pattern, custom__transform="negative-Y")


def states(title, description, *targets, mappings, size=(24, 7), no_value="no data"):
    options = {
        "mergeValues": True,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"fillOpacity": 85, "lineWidth": 0, "spanNulls": False, "insertNulls": False,
              "hideFrom": {"tooltip": False, "viz": False, "legend": False}}
    return panel("state-timeline", title, description, targets, size=size, options=options,
                 defaults=field(no_value=no_value, mappings=mappings, custom=custom))


def squares(title, description, *targets, unit, size=(24, 4), no_value="no data", count=30, **look):
    """A status history: the time range in so many equal parts, each coloured by its value."""
    options = {
        "showValue": "never",
        "rowHeight": 0.9,
        "colWidth": 0.9,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"fillOpacity": 85, "lineWidth": 0, "hideFrom": {"tooltip": False, "viz": False, "legend": False}}
    return panel("status-history", title, description, targets, size=size, options=options, maxDataPoints=count,
                 defaults=field(unit, no_value=no_value, custom=custom, **look))


def table(title, description, columns, *, keys, widths=(), size=(24, 9), no_value="no data", sort=None, descending=False):
    """One line for each combination of the labels in keys ({label: heading}); columns are (heading, expr, properties)."""
    targets = [query(expr, instant=True, table=True) for _, expr, _ in columns]
    letters = [target["refId"] for target in with_refs(targets)]
    names = {label: heading for label, heading in keys.items() if not isinstance(heading, tuple)}
    names |= {label: heading[0] for label, heading in keys.items() if isinstance(heading, tuple)}
    overrides = [override(heading[0], links=[heading[1]]) for heading in keys.values() if isinstance(heading, tuple)]
    wide = {"instance": 140} | dict(widths)
    overrides += [override(names[label], custom__width=wide[label]) for label in keys if label in wide]
    value = "Value" if len(columns) == 1 else None
    for letter, (heading, _, properties) in zip(letters, columns):
        names[value or f"Value #{letter}"] = heading
        if properties:
            overrides.append(override(heading, **properties))
    order = [*keys, *(value or f"Value #{letter}" for letter in letters)]
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""}}
    options["sortBy"] = [{"displayName": sort, "desc": descending}] if sort else []
    organize = {"excludeByName": {"Time": True}, "indexByName": {name: index for index, name in enumerate(order)}, "renameByName": names}
    transformations = ([{"id": "merge", "options": {}}] if len(columns) > 1 else []) + [{"id": "organize", "options": organize}]
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False, "minWidth": 70}
    return panel("table", title, description, targets, size=size, options=options, overrides=overrides,
                 transformations=transformations, defaults=field("none", no_value=no_value, custom=custom))


def coloured(thresholds, **more):
    return {"thresholds": thresholds, "mappings": [NOTHING], "custom__cellOptions": {"type": "color-text"}} | more


def bar_cell(thresholds, **more):
    return {"thresholds": thresholds, "min": 0, "max": 1, "unit": "percentunit",
            "custom__cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}} | more


def link(title, uid, **variables):
    """A link down to another dashboard, with the time range and these variables."""
    passed = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return {"title": title, "url": f"/d/{uid}?${{__url_time_range}}{passed}"}


def row(title, *panels, collapsed=False):
    return {"type": "row", "title": title, "collapsed": collapsed, "inside": list(panels)}


def query_variable(name, label, source, *, hide=0, multi=True, sort=1, regex=""):
    variable = {"name": name, "label": label, "type": "query", "datasource": DATASOURCE, "definition": source}
    variable |= {"query": {"query": source, "refId": f"Variable-{name}"}, "refresh": 2, "sort": sort, "regex": regex}
    variable |= {"multi": multi, "includeAll": multi, "hide": hide}
    return variable | ({"allValue": ".+"} if multi else {})


def common_variables(metric, one_instance=False):
    """Data source, job and instance, each listing what serves this metric."""
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "regex": ""}
    source |= {"hide": 0, "multi": False, "includeAll": False, "refresh": 1}
    return [
        source,
        query_variable("job", "Job", f"label_values({metric}, job)"),
        query_variable("instance", "Instance", f'label_values({metric}{{job=~"$job"}}, instance)', multi=not one_instance),
    ]


def annotation(name, expr, colour, *, title, text, tags, time_from_value=False):
    found = {"name": name, "enable": True, "hide": False, "iconColor": colour, "datasource": DATASOURCE, "expr": expr, "step": "60s"}
    found |= {"titleFormat": title, "textFormat": text, "tagKeys": tags}
    return found | ({"useValueForTime": "on"} if time_from_value else {})


def flow(rows):
    """Gives every panel its id and its place."""
    ids = itertools.count(1)
    top, out = 0, []
    for line in rows:
        head = {"id": next(ids), "type": "row", "title": line["title"], "collapsed": line["collapsed"],
                "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}, "panels": []}
        out.append(head)
        top += 1
        left = height = 0
        below_head = top
        for item in copy.deepcopy(line["inside"]):
            place = item["gridPos"]
            if left + place["w"] > 24:
                below_head, left, height = below_head + height, 0, 0
            item["id"] = next(ids)
            item["gridPos"] = {"x": left, "y": below_head, **place}
            left, height = left + place["w"], max(height, place["h"])
            (head["panels"] if line["collapsed"] else out).append(item)
        if not line["collapsed"]:
            top = below_head + height
    return out


def leads_to(title, uid, *names):
    """A link to what lies below, with the time range and what is chosen here for these variables and the host."""
    passed = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", "instance", *names))
    return {"type": "link", "title": title, "url": f"/d/{uid}?${{__url_time_range}}{passed}", "tags": [], "asDropdown": False,
            "includeVars": False, "keepTime": False, "targetBlank": False, "icon": "external link", "tooltip": title}


def board(uid, title, description, rows, *, variables, down, tags=(), annotations=(), links=(), time="now-24h", refresh="30s"):
    """down = (title, uid, variables...): where each panel's own link leads, one level nearer to the cause."""
    for item in (item for line in rows for item in line["inside"]):
        item["links"] = [leads_to(*down)]
    builtin = {"builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": True, "hide": True,
               "iconColor": NEUTRAL, "datasource": {"type": "grafana", "uid": "-- Grafana --"}}
    others = {"type": "dashboards", "title": "fournines", "tags": ["fournines"], "asDropdown": True, "includeVars": False,
              "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""}
    return {
        "id": None,
        "uid": uid,
        "title": title,
        "description": " ".join(description.split()),
        "tags": ["fournines", *tags],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": 41,
        "refresh": refresh,
        "time": {"from": time, "to": "now"},
        "timepicker": {},
        "fiscalYearStartMonth": 0,
        "weekStart": "",
        "preload": False,
        "templating": {"list": variables},
        "annotations": {"list": [builtin, *annotations]},
        "links": [others, *links],
        "panels": flow(rows),
    }
