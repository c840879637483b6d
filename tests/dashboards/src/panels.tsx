// Panel kinds, drawn with Grafana's own components where @grafana/ui has them; gauge, state-timeline and status-history,
// which only live in Grafana's program, with a few shapes of our own over the same fields, colours and words.
import { type DataFrame, type FieldDisplay, FieldType, getDisplayValueAlignmentFactors, getFieldDisplayValues, type GrafanaTheme2, type TimeRange, VizOrientation } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, TooltipPlugin, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

export interface Drawn {
  panel: any;
  frames: DataFrame[];
  width: number;
  height: number;
  theme: GrafanaTheme2;
  timeRange: TimeRange;
}

function values({ panel, frames, theme }: Drawn, sparkline = false): FieldDisplay[] {
  return getFieldDisplayValues({
    data: frames, fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, theme, sparkline,
    replaceVariables: (text) => text,
  });
}

function Stat(drawn: Drawn) {
  const { panel, width, height, theme } = drawn;
  const found = values(drawn, panel.options.graphMode !== 'none');
  return (
    <VizRepeater getValues={() => found} source={found} renderCounter={0} orientation={VizOrientation.Auto} width={width} height={height} autoGrid
      renderValue={({ value, width: w, height: h, count }: any) => (
        <BigValue value={value.display} sparkline={value.sparkline} count={count} width={w} height={h} theme={theme}
          colorMode={panel.options.colorMode} graphMode={panel.options.graphMode} textMode={panel.options.textMode}
          justifyMode={panel.options.justifyMode} wideLayout={panel.options.wideLayout} />
      )} />
  );
}

function Bars(drawn: Drawn) {
  const { panel, width, height, theme } = drawn;
  const found = values(drawn);
  return (
    <VizRepeater getValues={() => found} source={found} renderCounter={0} orientation={VizOrientation.Horizontal} width={width} height={height}
      getAlignmentFactors={getDisplayValueAlignmentFactors} itemSpacing={6} minVizHeight={panel.options.minVizHeight} maxVizHeight={panel.options.maxVizHeight}
      renderValue={({ value, width: w, height: h, orientation, alignmentFactors }: any) => (
        <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)} width={w} height={h} theme={theme}
          orientation={orientation} alignmentFactors={alignmentFactors} displayMode={panel.options.displayMode}
          valueDisplayMode={panel.options.valueMode} namePlacement={panel.options.namePlacement} showUnfilled />
      )} />
  );
}

function Gauge(drawn: Drawn) {
  const { width, height, theme } = drawn;
  const shown = values(drawn);
  const each = width / Math.max(shown.length, 1);
  return (
    <svg width={width} height={height}>
      {shown.map(({ display, field, name }, index) => {
        const low = field.min ?? 0;
        const share = Math.min(Math.max((display.numeric - low) / ((field.max ?? 1) - low), 0), 1);
        const radius = Math.min(each / 2, height * 0.85) * 0.85;
        const [x, y] = [each * (index + 0.5), height * 0.8];
        const arc = (to: number) => {
          const angle = Math.PI * (1 - to);
          return `M ${x - radius} ${y} A ${radius} ${radius} 0 0 1 ${x + radius * Math.cos(angle)} ${y - radius * Math.sin(angle)}`;
        };
        return (
          <g key={name} fill="none" strokeWidth={radius * 0.25}>
            <path d={arc(1)} stroke={theme.colors.background.secondary} />
            <path d={arc(share)} stroke={display.color} />
            <text x={x} y={y} fill={display.color} textAnchor="middle" fontSize={radius * 0.4}>{`${display.text}${display.suffix ?? ''}`}</text>
          </g>
        );
      })}
    </svg>
  );
}

function Graph({ panel, frames, width, height, timeRange }: Drawn) {
  return (
    <TimeSeries frames={frames} width={width} height={height} timeRange={timeRange} timeZone="utc" legend={panel.options.legend} options={panel.options}>
      {(config, aligned) => <TooltipPlugin config={config} data={aligned} mode={panel.options.tooltip.mode} timeZone="utc" />}
    </TimeSeries>
  );
}

// What the colours stand for: the words of the mappings, else the bounds of the thresholds.
function meanings(panel: any): Array<[string, string]> {
  const { mappings, thresholds } = panel.fieldConfig.defaults;
  if (mappings) {
    return mappings.flatMap((one: any) => Object.values(one.options)).map((one: any) => [one.text, one.color]);
  }
  return thresholds.steps.map((one: any) => [one.value === null ? `< ${thresholds.steps[1]?.value}` : `${one.value}+`, one.color]);
}

function States({ panel, frames, width, height, theme, timeRange }: Drawn) {
  const apart = panel.type === 'status-history' ? 2 : -0.5;
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const lines = frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time)!;
    return frame.fields.filter((field) => field.type === FieldType.number).map((field) => ({ time, field }));
  });
  const labels = Math.min(width * 0.25, 260);
  const tall = Math.min(Math.max((height - 36) / Math.max(lines.length, 1), 3), 34);
  const bottom = Math.max(height - 18, lines.length * tall + 18);
  const at = (ms: number) => labels + ((ms - from) / (to - from)) * (width - labels);
  return (
    <svg width={width} height={bottom + 18} fontSize={Math.min(12, tall)}>
      {lines.map(({ time, field }, line) => (
        <g key={line}>
          <text x={labels - 6} y={line * tall + tall / 2} textAnchor="end" dominantBaseline="middle" fill={theme.colors.text.primary}>
            {field.state?.displayName ?? field.config.displayNameFromDS}
          </text>
          {field.values.map((value: number | null, index: number) => {
            if (value === null) {
              return null;
            }
            const start = time.values[index];
            const end = time.values[index + 1] ?? Math.min(to, start + (time.config.interval ?? 0));
            return <rect key={index} x={at(start)} y={line * tall + 1} width={Math.max(at(end) - at(start) - apart, 0.5)} height={tall - 2} fill={field.display!(value).color} />;
          })}
        </g>
      ))}
      {[0, 0.25, 0.5, 0.75].map((part) => (
        <text key={part} x={at(from + part * (to - from))} y={bottom - 4} fontSize={11} fill={theme.colors.text.secondary}>
          {new Date(from + part * (to - from)).toISOString().slice(11, 19)}
        </text>
      ))}
      <foreignObject x={0} y={bottom} width={width} height={18}>
        <div style={{ display: 'flex', gap: 12, fontSize: 12, lineHeight: '16px', color: theme.colors.text.primary }}>
          {meanings(panel).map(([text, color]) => (
            <span key={text}><span style={{ display: 'inline-block', width: 14, height: 4, marginRight: 6, verticalAlign: 'middle', background: color }} />{text}</span>
          ))}
        </div>
      </foreignObject>
    </svg>
  );
}

function Table({ panel, frames, width, height, timeRange }: Drawn) {
  return <TableNG data={frames[0]} width={width} height={height} sortBy={panel.options.sortBy} cellHeight={panel.options.cellHeight} timeRange={timeRange} />;
}

export const KINDS: Record<string, (drawn: Drawn) => any> = {
  stat: Stat, bargauge: Bars, gauge: Gauge, timeseries: Graph, 'state-timeline': States, 'status-history': States, table: Table,
};
