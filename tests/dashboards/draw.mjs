// Draws dashboards from a live Prometheus in a headless browser, and prints as JSON what each panel shows.
//
// usage: node draw.mjs OPTIONS as one JSON text:
//   bundle      what build.mjs wrote         dashboards  folder of *.json       prometheus  http://host:port
//   pictures    folder for PNG files         from, to    seconds since 1970     chromium    path of the browser
//   views       [{dashboard, theme, width, picture, variables: {name: value}}]
import { createReadStream, existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { basename, extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const options = JSON.parse(process.argv[2]);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };

const server = createServer((ask, answer) => {
  const url = new URL(ask.url, 'http://localhost');
  if (url.pathname.startsWith('/prometheus/')) {
    const target = request(options.prometheus + ask.url.slice('/prometheus'.length), (from) => {
      answer.writeHead(from.statusCode, { 'content-type': from.headers['content-type'] });
      from.pipe(answer);
    });
    target.on('error', (error) => answer.writeHead(502).end(String(error)));
    target.end();
    return;
  }
  const path = normalize(url.pathname);
  if (path === '/favicon.ico') {
    answer.writeHead(204).end();
    return;
  }
  const file = path.startsWith('/dashboards/') ? join(options.dashboards, basename(path)) : join(options.bundle, path === '/' ? 'index.html' : path);
  if (!existsSync(file)) {
    answer.writeHead(404).end();
    return;
  }
  answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(answer);
});

async function draw(browser, port, view) {
  const page = await browser.newPage({ viewport: { width: view.width, height: 900 } });
  const said = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => {
    // Grafana's fonts lie in its program, not in its packages: the browser's own do.
    // What Chromium breaks off when a container's network device goes is asked for again.
    const expected = message.location().url.includes('/public/fonts/') || message.text().includes('ERR_NETWORK_CHANGED');
    if (message.type() === 'error' && !expected) {
      said.push(`${message.text()} ${message.location().url}`);
    }
  });
  const search = new URLSearchParams({ dashboard: view.dashboard, theme: view.theme, width: view.width, from: options.from, to: options.to });
  Object.entries(view.variables ?? {}).forEach(([name, value]) => search.set(`var-${name}`, value));
  await page.goto(`http://127.0.0.1:${port}/?${search}`);
  await page.waitForFunction('window.report', undefined, { timeout: 60000 });
  const report = await page.evaluate('window.report');
  if (view.picture && !report.error) {
    await page.setViewportSize({ width: view.width, height: Math.ceil(report.height) });
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(options.pictures, view.picture) });
  }
  await page.close();
  return { ...view, ...report, console: said };
}

await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const browser = await chromium.launch({ executablePath: options.chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'] });
const reports = [];
for (const view of options.views) {
  reports.push(await draw(browser, server.address().port, view));
}
await browser.close();
server.close();
console.log(JSON.stringify(reports));
