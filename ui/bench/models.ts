/**
 * Whether a list of 2,500 ways in can be searched and scrolled without a stutter: first what grouping and
 * searching cost by themselves, then what a person sees in a real window: the time from a key to the
 * painted list, and the frames that took longer than 50 ms while typing, scrolling and stepping.
 */

import { chromium, type CDPSession, type Page } from '@playwright/test';

import serve from '../e2e/serve';
import { groupModels, sortGroups } from '../src/features/models/groups';
import { parseSearch, searchGroups } from '../src/features/models/search';
import { FakeBackend } from '../src/lib/ipc/fake/backend';

const WAYS_IN = 2_500;
const QUERIES = ['claude sonnet', 'images tools < 1', 'provider:openrouter ctx>100k thinking'];
const LONG_FRAME_MS = 50;

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((left, right) => left - right);
  const at = (share: number) =>
    sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  return `median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, longest ${at(1).toFixed(1)} ms`;
}

function timed(work: () => void, times: number): number[] {
  return Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}

const models = await new FakeBackend({ waysIn: WAYS_IN }).call('model_list', null);
const groups = groupModels(models, Date.now());
console.log(`${models.length} ways in to ${groups.length} models`);
console.log(`grouping             ${spread(timed(() => groupModels(models, Date.now()), 50))}`);
console.log(`sorting              ${spread(timed(() => sortGroups(groups, 'recommended'), 50))}`);
const prefixes = QUERIES.flatMap((query) =>
  Array.from(query, (_, index) => query.slice(0, index + 1)),
);
const searching = prefixes.flatMap((prefix) =>
  timed(() => searchGroups(groups, parseSearch(prefix), Date.now()), 10),
);
console.log(`searching            ${spread(searching)}`);

/** Watches the frames of the page, and how long each key takes until the list is painted. */
function watch(): void {
  const seen = { frames: [] as number[], keys: [] as number[] };
  Object.assign(window, { seen });
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  addEventListener(
    'keydown',
    () => {
      const start = performance.now();
      requestAnimationFrame(() => setTimeout(() => seen.keys.push(performance.now() - start)));
    },
    true,
  );
}

/** Seconds of the processor that the page took so far, which a busy machine does not stretch. */
async function processorSeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

async function measure(page: Page, name: string, work: () => Promise<void>): Promise<void> {
  await page.waitForTimeout(300);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await processorSeconds(session);
  await page.evaluate(() => {
    const { seen } = window as unknown as { seen: { frames: number[]; keys: number[] } };
    seen.frames.length = 0;
    seen.keys.length = 0;
  });
  await work();
  const processor = ((await processorSeconds(session)) - before) * 1_000;
  await session.detach();
  const { frames, keys } = await page.evaluate(
    () => (window as unknown as { seen: { frames: number[]; keys: number[] } }).seen,
  );
  const long = frames.filter((millis) => millis > LONG_FRAME_MS);
  console.log(
    `${name.padEnd(20)} ${frames.length} frames, ${long.length} over ${LONG_FRAME_MS} ms${long.length > 0 ? ` (${long.map((millis) => millis.toFixed(0)).join(', ')})` : ''}`,
  );
  if (keys.length === 0) return;
  console.log(`${''.padEnd(20)} key to paint: ${spread(keys)}`);
  console.log(`${''.padEnd(20)} processor: ${(processor / keys.length).toFixed(1)} ms a key`);
}

const stop = await serve();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
  await page.goto(`${process.env['PATCHBAY_MOCK']}?with=many`);
  await page.getByRole('button', { name: /^Models & routes/ }).click();
  const grid = page.getByRole('treegrid', { name: 'Models' });
  await grid.waitFor();
  await page.evaluate(watch);

  // What the machine does by itself, to judge the rest by.
  await measure(page, 'idle', () => page.waitForTimeout(3_000));
  const search = page.getByRole('searchbox', { name: 'Search models' });
  await measure(page, 'typing', async () => {
    for (const query of QUERIES) {
      await search.pressSequentially(query, { delay: 60 });
      for (let left = query.length; left > 0; left -= 1) {
        await page.keyboard.press('Backspace', { delay: 20 });
      }
    }
  });
  await measure(page, 'scrolling', async () => {
    await grid.hover();
    for (let turn = 0; turn < 60; turn += 1) {
      await page.mouse.wheel(0, 600);
      await page.waitForTimeout(16);
    }
  });
  await measure(page, 'stepping', async () => {
    await grid.focus();
    await page.keyboard.press('Home');
    for (let turn = 0; turn < 60; turn += 1) {
      // As a key repeats that is held down.
      await page.keyboard.press('ArrowDown', { delay: 30 });
    }
  });

  await page.getByRole('button', { name: /^Chat/ }).click();
  await page.getByRole('button', { name: /^Model: / }).click();
  const picker = page.getByRole('combobox', { name: 'Search models' });
  await picker.waitFor();
  await measure(page, 'typing in the picker', async () => {
    for (const query of QUERIES) {
      await picker.pressSequentially(query, { delay: 60 });
      for (let left = query.length; left > 0; left -= 1) {
        await page.keyboard.press('Backspace', { delay: 20 });
      }
    }
  });
} finally {
  await browser.close();
  await stop();
}
