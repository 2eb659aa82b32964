import { expect, test, type Window } from './window';
import type { Page } from '@playwright/test';
const open = async (app: Window, page: Page, name: RegExp) => {
  await app.button(/^Compare/).click();
  await page.getByRole('button', { name }).click();
};
const SCENES: [string, string[], (app: Window, page: Page) => Promise<void>][] = [
  ['export', ['compare'], async (app, page) => { await open(app, page, /^Rust channel/); await app.button('Export').click(); await page.getByRole('menuitem', { name: 'Save HTML to Downloads' }).hover(); }],
  ['saved', ['compare'], async (app, page) => { await open(app, page, /^Rust channel/); await app.button('Export').click(); await page.getByRole('menuitem', { name: 'Save HTML to Downloads' }).click(); await expect(page.getByText(/^Saved “/)).toBeVisible(); }],
  ['setup', ['compare'], async (app, page) => {
    await open(app, page, /^Rust channel/); await app.button('More').last().click();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('button', { name: 'Paste many' }).click();
    await sheet.getByLabel(/^Many prompts/).fill(Array.from({ length: 30 }, (_, i) => `Prompt number ${i}`).join('\n---\n'));
    await sheet.getByRole('button', { name: /^Add 30/ }).click();
    await sheet.getByRole('button', { name: 'Later prompts' }).click();
    await sheet.getByRole('button', { name: 'Later prompts' }).scrollIntoViewIfNeeded();
  }],
  ['merge', ['compare'], async (app, page) => { await open(app, page, /^Rust channel/); await page.keyboard.press('m'); }],
  ['against', ['compare'], async (app, page) => { await open(app, page, /^Trip plans/); await page.getByRole('button', { name: /^round \d of/ }).click(); await page.getByRole('menuitem', { name: 'What changed?' }).click(); await page.waitForTimeout(800); }],
  ['replay', ['history', 'provider'], async (app, page) => { await page.keyboard.press('Control+k'); await page.getByRole('combobox').fill('replay'); await page.getByRole('option', { name: /^Replay my past/ }).click();
    const sheet = page.getByRole('dialog', { name: 'Replay my past' });
    await sheet.getByRole('button', { name: 'The other model: none yet' }).click();
    await page.getByRole('combobox', { name: 'Search models' }).fill('gpt-6.1');
    await page.getByRole('option', { name: 'gpt-6.1' }).first().click(); await page.waitForTimeout(800); }],
  ['judge', ['compare'], async (app, page) => { await open(app, page, /^Rust channel/); await app.button('Judge').click(); }],
  ['rank', ['compare'], async (app, page) => { await app.button(/^Compare/).click(); await app.button('Rankings').click(); await expect(page.getByRole('heading', { name: 'Judges' })).toBeVisible(); }],
  ['stitch', ['compare'], async (app, page) => { await open(app, page, /^Rust channel/); await page.keyboard.press('x'); await page.getByRole('button', { name: /^Take “/ }).first().click(); await app.button('Add your own words').click(); }],
];
for (const [name, parts, go] of SCENES)
  test(`temp ${name}`, async ({ app, page }) => {
    for (const [w, h] of [[1360, 860], [900, 600]] as const) {
      await page.setViewportSize({ width: w, height: h });
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await app.open(parts);
      await go(app, page);
      for (const theme of ['light', 'dark']) {
        await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
        await page.waitForTimeout(300);
        await page.screenshot({ path: `/tmp/shots/${name}-${w}-${theme}.png` });
      }
    }
  });
