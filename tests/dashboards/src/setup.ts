// What Grafana's main program registers before it can lay out fields: standard options, custom ones, transformations.
import {
  FieldColorModeId,
  FieldConfigOptionsRegistry,
  identityOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';

const STANDARD = ['unit', 'decimals', 'min', 'max', 'displayName', 'noValue', 'thresholds', 'mappings', 'color', 'links', 'filterable'];

const option = (id: string, path: string) => ({
  id, path, name: id, description: '',
  override: (() => null) as any, editor: (() => null) as any,
  process: identityOverrideProcessor,
  shouldApply: () => true,
  settings: id === 'color' ? { byValueSupport: true, preferThresholdsMode: true } : {},
  defaultValue: id === 'color' ? { mode: FieldColorModeId.Thresholds } : undefined,
});

let custom: Set<string>;

function customPaths(dashboard: any): Set<string> {
  const found = new Set<string>();
  const look = (panel: any) => {
    Object.keys(panel.fieldConfig?.defaults?.custom ?? {}).forEach((key) => found.add(key));
    for (const one of panel.fieldConfig?.overrides ?? []) {
      for (const property of one.properties) {
        if (property.id.startsWith('custom.')) {
          found.add(property.id.slice('custom.'.length));
        }
      }
    }
    (panel.panels ?? []).forEach(look);
  };
  dashboard.panels.forEach(look);
  return found;
}

export function fieldOptions(): FieldConfigOptionsRegistry {
  const registry = new FieldConfigOptionsRegistry();
  STANDARD.forEach((id) => registry.register({ ...option(id, id), isCustom: false } as any));
  custom.forEach((path) => registry.register({ ...option(`custom.${path}`, path), isCustom: true } as any));
  return registry;
}

export function setUp(dashboard: any) {
  custom = customPaths(dashboard);
  standardFieldConfigEditorRegistry.setInit(() => STANDARD.map((id) => ({ ...option(id, id), isCustom: false }) as any));
  const known = new Map(Object.values(standardTransformers).map((one: any) => [one.id, one]));
  standardTransformersRegistry.setInit(() =>
    [...known.values()].map((one) => ({
      id: one.id, name: one.name, aliasIds: [], description: '', editor: (() => null) as any,
      imageDark: '', imageLight: '', transformation: () => Promise.resolve(one),
    })) as any
  );
}
