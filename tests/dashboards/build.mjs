// Bundles the page that draws dashboards into the folder that is named.
import * as esbuild from 'esbuild';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const inline = Object.fromEntries(['.svg', '.png', '.woff', '.woff2', '.ttf'].map((extension) => [extension, 'dataurl']));
await esbuild.build({
  entryPoints: ['src/page.tsx'],
  bundle: true,
  splitting: true,
  format: 'esm',
  jsx: 'automatic',
  conditions: ['import', 'browser'],
  loader: inline,
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  outdir: out,
  logLevel: 'error',
});
writeFileSync(join(out, 'index.html'), '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><div id="root"></div><script type="module" src="page.js"></script>');
cpSync('node_modules/@grafana/ui/dist/public/img/icons', join(out, 'public/build/img/icons'), { recursive: true });
