// What Grafana's Prometheus data source does, as far as our dashboards need it: variables, intervals, queries to frames.
import { type DataFrame, FieldType, toDataFrame } from '@grafana/data';

export type Values = Record<string, string>;

export interface Range {
  from: number; // seconds
  to: number;
}

const SCRAPE_SECONDS = 1; // how often the test's Prometheus scrapes
const NICE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];

export function stepFor(range: Range, width: number): number {
  const wanted = Math.max(SCRAPE_SECONDS, (range.to - range.from) / Math.max(width, 1));
  return NICE_STEPS.find((step) => step >= wanted) ?? NICE_STEPS[NICE_STEPS.length - 1];
}

export function fill(text: string, values: Values, range: Range, step: number): string {
  const known: Values = {
    ...values,
    __interval: `${step}s`,
    __rate_interval: `${Math.max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)}s`,
    __range: `${Math.round(range.to - range.from)}s`,
    __from: String(Math.round(range.from * 1000)),
    __to: String(Math.round(range.to * 1000)),
  };
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (whole, braced, bare) => {
    const value = known[braced ?? bare];
    if (value === undefined) {
      throw new Error(`no variable ${whole}`);
    }
    return value;
  });
}

async function ask(path: string, parameters: Record<string, string>): Promise<any> {
  const url = `/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`;
  // Chromium breaks off what is on its way when a network device comes or goes, as those of containers do.
  const answer = await fetch(url).catch(() => fetch(url));
  const body = await answer.json();
  if (body.status !== 'success') {
    throw new Error(body.error ?? `status ${answer.status}`);
  }
  return body.data;
}

const escaped = (value: string) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\\\$&');

// Every variable's value: given, else All where it may be, else the first that Prometheus knows.
export async function chooseVariables(list: any[], given: Values, range: Range): Promise<{ values: Values; empty: string[] }> {
  const values: Values = {};
  const empty: string[] = [];
  for (const variable of list) {
    if (variable.type === 'datasource') {
      values[variable.name] = 'prometheus';
      continue;
    }
    const parts = /^label_values\((.+),\s*(\w+)\)$/s.exec(fill(variable.query.query, values, range, 15));
    if (!parts) {
      throw new Error(`variable ${variable.name}: cannot read ${variable.query.query}`);
    }
    const found: string[] = await ask(`label/${parts[2]}/values`, {
      'match[]': parts[1], start: String(range.from), end: String(range.to),
    });
    if (found.length === 0) {
      empty.push(variable.name);
    }
    const wanted = given[variable.name];
    if (wanted !== undefined) {
      values[variable.name] = variable.multi ? escaped(wanted) : wanted;
    } else {
      values[variable.name] = variable.includeAll ? variable.allValue ?? '.*' : found[0] ?? '';
    }
  }
  return { values, empty };
}

function legendOf(target: any, labels: Values): string {
  if (target.legendFormat) {
    return target.legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_: string, label: string) => labels[label] ?? '');
  }
  const { __name__: name = '', ...rest } = labels;
  const inside = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  return inside.length || name ? `${name}${inside.length ? `{${inside.join(', ')}}` : ''}` : target.expr;
}

const number = (text: string) => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text));

function tableFrame(target: any, series: any[], several: boolean): DataFrame {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.metric)))].filter((label) => label !== '__name__').sort();
  const rows = series.map((one) => ({ labels: one.metric as Values, at: one.value[0] * 1000, value: number(one.value[1]) }));
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map((row) => row.at) },
      ...labels.map((label) => ({ name: label, type: FieldType.string, values: rows.map((row) => row.labels[label] ?? '') })),
      { name: several ? `Value #${target.refId}` : 'Value', type: FieldType.number, values: rows.map((row) => row.value) },
    ],
  });
}

function seriesFrame(target: any, one: any, points: Array<[number, string]>, step: number): DataFrame {
  const times: number[] = [];
  const numbers: Array<number | null> = [];
  for (const [at, value] of points) {
    // A missing step is a gap, as Grafana draws it.
    if (times.length && at * 1000 - times[times.length - 1] > step * 1500) {
      times.push(times[times.length - 1] + step * 1000);
      numbers.push(null);
    }
    times.push(at * 1000);
    numbers.push(number(value));
  }
  return toDataFrame({
    refId: target.refId,
    name: legendOf(target, one.metric),
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: step * 1000 }, values: times },
      {
        name: 'Value', type: FieldType.number, labels: one.metric, values: numbers,
        config: { displayNameFromDS: legendOf(target, one.metric) },
      },
    ],
  });
}

export async function query(panel: any, values: Values, range: Range, width: number): Promise<DataFrame[]> {
  const step = stepFor(range, Math.min(width, panel.maxDataPoints ?? width));
  const frames: DataFrame[] = [];
  for (const target of panel.targets ?? []) {
    const expr = fill(target.expr, values, range, step);
    if (target.instant) {
      const { result } = await ask('query', { query: expr, time: String(range.to) });
      if (target.format === 'table') {
        frames.push(tableFrame(target, result, panel.targets.length > 1));
      } else {
        frames.push(...result.map((one: any) => seriesFrame(target, one, [one.value], step)));
      }
    } else {
      const start = Math.ceil(range.from / step) * step;
      const end = Math.floor(range.to / step) * step;
      const { result } = await ask('query_range', { query: expr, start: String(start), end: String(end), step: String(step) });
      frames.push(...result.map((one: any) => seriesFrame(target, one, one.values, step)));
    }
  }
  return frames;
}
