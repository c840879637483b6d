// One dashboard on one page, opened as /?dashboard=FILE&from=S&to=S&theme=dark&width=1600[&var-NAME=VALUE]. When all is
// drawn, window.report says for each panel what it shows or what went wrong.
import 'uplot/dist/uPlot.min.css';
import {
  applyFieldOverrides, cacheFieldDisplayNames, createTheme, type DataFrame, dateTime, FieldType, getValueFormat, getValueFormats, ThemeContext, transformDataFrame,
} from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import { Component, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { lastValueFrom } from 'rxjs';

import { KINDS } from './panels';
import { chooseVariables, query, type Range, type Values } from './prometheus';
import { fieldOptions, setUp } from './setup';

interface Said {
  title: string;
  type: string;
  series: number;
  points: number;
  error?: string;
  units: string[];
  cut: string[];
  odd: number; // values that are no numbers: a graph with one of them draws nothing
}

const parameters = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: parameters.get('theme') === 'light' ? 'light' : 'dark' } });
const range: Range = { from: Number(parameters.get('from')), to: Number(parameters.get('to')) };
const pageWidth = Number(parameters.get('width'));
const given: Values = Object.fromEntries([...parameters].filter(([name]) => name.startsWith('var-')).map(([name, value]) => [name.slice(4), value]));
const timeRange = { from: dateTime(range.from * 1000), to: dateTime(range.to * 1000), raw: { from: dateTime(range.from * 1000), to: dateTime(range.to * 1000) } };

const CELL = 30;
const GAP = 8;
const HEAD = 40;
const column = (pageWidth - 2 * GAP) / 24;
const units = new Set(getValueFormats().flatMap((group) => group.submenu!.map((one) => one.value as string)));

class Guard extends Component<{ said: Said; children: ReactNode }> {
  state = { broken: '' };
  static getDerivedStateFromError(error: Error) {
    return { broken: String(error) };
  }
  componentDidCatch(error: Error) {
    this.props.said.error = String(error);
  }
  render() {
    return this.state.broken ? <pre>{this.state.broken}</pre> : this.props.children;
  }
}

// The rows that are folded are unfolded: every panel is drawn, each row under the one before.
function unfolded(dashboard: any) {
  const out: any[] = [];
  let shift = 0;
  for (const panel of dashboard.panels) {
    out.push({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + shift } });
    if (panel.type === 'row' && panel.collapsed) {
      const bottom = Math.max(0, ...panel.panels.map((one: any) => one.gridPos.y + one.gridPos.h));
      out.push(...panel.panels.map((one: any) => ({ ...one, gridPos: { ...one.gridPos, y: one.gridPos.y + shift } })));
      shift += Math.max(0, bottom - panel.gridPos.y - 1);
    }
  }
  return out;
}

function unitsOf(panel: any): string[] {
  const all = [panel.fieldConfig.defaults.unit];
  for (const one of panel.fieldConfig.overrides) {
    all.push(...one.properties.filter((property: any) => property.id === 'unit').map((property: any) => property.value));
  }
  return all.filter((unit) => unit !== undefined && !unit.startsWith('suffix:') && (!units.has(unit) || !getValueFormat(unit)));
}

async function prepare(panel: any, values: Values, width: number): Promise<{ frames: DataFrame[]; said: Said }> {
  const said: Said = { title: panel.title, type: panel.type, series: 0, points: 0, units: unitsOf(panel), cut: [], odd: 0 };
  try {
    if (!KINDS[panel.type]) {
      throw new Error(`no such panel type: ${panel.type}`);
    }
    let frames = await query(panel, values, range, width);
    const numbers = frames.flatMap((frame) => frame.fields.filter((field) => field.type === FieldType.number));
    said.series = numbers.filter((field) => field.values.some((value) => value !== null && !Number.isNaN(value))).length;
    said.points = numbers.reduce((sum, field) => sum + field.values.filter((value) => value !== null && !Number.isNaN(value)).length, 0);
    said.odd = numbers.flatMap((field) => field.values).filter((value) => value !== null && !Number.isFinite(value)).length;
    frames = await lastValueFrom(transformDataFrame(panel.transformations ?? [], frames));
    frames = applyFieldOverrides({
      data: frames, fieldConfig: panel.fieldConfig, fieldConfigRegistry: fieldOptions(), replaceVariables: (text) => text, theme, timeZone: 'utc',
    });
    cacheFieldDisplayNames(frames);
    return { frames, said };
  } catch (error) {
    said.error = String(error);
    return { frames: [], said };
  }
}

function Body({ panel, frames, said, width, height }: any) {
  if (said.error) {
    return <div style={{ color: theme.colors.error.text, padding: 8 }}>{said.error}</div>;
  }
  if (said.series === 0 || frames.length === 0) {
    return <div style={{ color: theme.colors.text.secondary, padding: 16, textAlign: 'center' }}>{panel.fieldConfig.defaults.noValue}</div>;
  }
  const Kind = KINDS[panel.type];
  return (
    <Guard said={said}>
      <Kind panel={panel} frames={frames} width={width} height={height} theme={theme} timeRange={timeRange} />
    </Guard>
  );
}

// Titles, headings and cells that are wider than their place.
function cutTexts(box: Element): string[] {
  const texts = [...box.querySelectorAll('h1, h2, h3, h4, h5, h6, [role="columnheader"], [role="columnheader"] *, [role="gridcell"], [role="gridcell"] *')];
  return texts.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).map((one) => one.textContent ?? '');
}

async function main() {
  const dashboard = await (await fetch(`/dashboards/${parameters.get('dashboard')}`)).json();
  setUp(dashboard);
  const { values, empty } = await chooseVariables(dashboard.templating.list, given, range);
  const panels = unfolded(dashboard);
  const boxes = panels.map(({ gridPos }) => ({
    left: gridPos.x * column + GAP, top: HEAD + gridPos.y * (CELL + GAP), width: gridPos.w * column - GAP, height: gridPos.h * (CELL + GAP) - GAP,
  }));
  const ready = await Promise.all(panels.map((panel, index) => (panel.type === 'row' ? null : prepare(panel, values, boxes[index].width))));
  const tall = Math.max(...boxes.map((box) => box.top + box.height)) + GAP;
  document.body.style.background = theme.colors.background.canvas;

  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <div style={{ position: 'relative', width: pageWidth, height: tall }}>
        <h3 style={{ position: 'absolute', left: GAP * 2, top: 6, margin: 0 }}>{dashboard.title}</h3>
        {panels.map((panel, index) => {
          const box = boxes[index];
          if (panel.type === 'row') {
            return <h5 key={index} style={{ position: 'absolute', ...box, margin: 0, lineHeight: `${box.height}px` }}>⌄ {panel.title}</h5>;
          }
          const { frames, said } = ready[index]!;
          return (
            <div key={index} data-panel={index} style={{ position: 'absolute', ...box }}>
              <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height} padding={panel.type === 'stat' ? 'none' : 'md'}>
                {(width, height) => <Body panel={panel} frames={frames} said={said} width={width} height={height} />}
              </PanelChrome>
            </div>
          );
        })}
      </div>
    </ThemeContext.Provider>
  );

  // Two frames after the last render, everything that draws on a canvas has drawn.
  await new Promise((done) => setTimeout(done, 500));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  ready.forEach((one, index) => one && (one.said.cut = cutTexts(document.querySelector(`[data-panel="${index}"]`)!)));
  Object.assign(window, { report: { title: dashboard.title, height: tall, empty, panels: ready.filter(Boolean).map((one) => one!.said) } });
}

main().catch((error) => Object.assign(window, { report: { error: String(error) } }));
