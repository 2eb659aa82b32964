/** Long answers beside each other, of which only what is near the sight is drawn. */

import type { Locator, Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const GPT = 'gpt-6.1';
const CLAUDE = 'claude-sonnet-4.6';
/** Blocks near the sight of one pane; an answer has more than two hundred. */
const MOST_DRAWN = 110;

const pane = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: `${name}: the answer` });
const section = (page: Page, name: string, number: number): Locator =>
  pane(page, name).getByRole('heading', { name: `Section ${number}`, exact: true });

async function open(app: Window, page: Page, query?: string): Promise<void> {
  await app.open(['compare-long'], query);
  await app.button(/^Compare/).click();
  await page
    .getByRole('navigation', { name: 'Comparisons' })
    .getByRole('button', { name: /^Queues explained/ })
    .first()
    .click();
  await expect(section(page, GPT, 1)).toBeVisible();
}

const drawn = (page: Page, name: string): Promise<number> =>
  pane(page, name).evaluate((box) => box.querySelectorAll('.markdown > :not(.room)').length);

const scrollTo = (page: Page, name: string, share: number): Promise<void> =>
  pane(page, name).evaluate((box, part) => {
    box.scrollTop = (box.scrollHeight - box.clientHeight) * part;
  }, share);

/** Two frames: what scrolling asked for is drawn, measured and put in its place. */
const settle = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
      }),
  );

/** The first heading below the top of the pane, and how far below, in pixels. */
const firstInSight = (page: Page, name: string) =>
  pane(page, name).evaluate((box) => {
    const top = box.getBoundingClientRect().top;
    const headings = [...box.querySelectorAll('[data-section]')].map((heading) => ({
      title: heading.textContent,
      below: heading.getBoundingClientRect().top - top,
    }));
    return headings.find(({ below }) => below >= 0) ?? { title: '', below: 0 };
  });

test('only what is near the sight is drawn, and the end can be reached', async ({ app, page }) => {
  await open(app, page);
  expect(await drawn(page, GPT)).toBeLessThan(MOST_DRAWN);
  await expect(section(page, GPT, 60)).toHaveCount(0);
  for (const share of [0.3, 0.6, 1]) {
    await scrollTo(page, GPT, share);
    await settle(page);
    expect(await drawn(page, GPT)).toBeLessThan(MOST_DRAWN);
    expect((await firstInSight(page, GPT)).title).not.toBe('');
  }
  // Guessed heights became measured ones on the way.
  await scrollTo(page, GPT, 1);
  await expect(section(page, GPT, 60)).toBeInViewport();
  await expect(section(page, GPT, 1)).toHaveCount(0);
  await pane(page, GPT).focus();
  await page.keyboard.press('Home');
  await expect(section(page, GPT, 1)).toBeInViewport();
});

test('nothing jumps while one scrolls back over what was never drawn', async ({ app, page }) => {
  await open(app, page);
  await scrollTo(page, GPT, 0.8);
  await settle(page);
  for (let step = 0; step < 30; step += 1) {
    const before = await firstInSight(page, GPT);
    await pane(page, GPT).evaluate((box) => box.scrollBy({ top: -120, behavior: 'instant' }));
    await settle(page);
    const after = await pane(page, GPT).evaluate((box, title) => {
      const top = box.getBoundingClientRect().top;
      const heading = [...box.querySelectorAll('[data-section]')].find(
        ({ textContent }) => textContent === title,
      );
      return heading ? heading.getBoundingClientRect().top - top : null;
    }, before.title);
    expect(after, `${before.title} at step ${step}`).not.toBeNull();
    expect(Math.abs((after ?? 0) - before.below - 120)).toBeLessThan(3);
  }
});

test('answers scroll together by sections that are not drawn', async ({ app, page }) => {
  await open(app, page);
  await app.button('Scroll together').click();
  await pane(page, GPT).hover();
  for (let turn = 0; turn < 12; turn += 1) {
    await page.mouse.wheel(0, 400);
    await settle(page);
  }
  await settle(page);
  const { title } = await firstInSight(page, GPT);
  expect(title).not.toBe('Section 1');
  await expect(
    pane(page, CLAUDE).getByRole('heading', { name: title ?? '', exact: true }),
  ).toBeInViewport();
});

test('a passage that is not drawn is brought into view', async ({ app, page }) => {
  await open(app, page);
  await app.button('Common ground').click();
  const panel = page.getByRole('complementary', { name: 'Common ground' });
  const far = panel.getByRole('button', { name: /two of|one of 5\d|one of 60/ }).last();
  await far.click();
  const focused = page.locator(':focus');
  await expect(focused).toHaveAttribute('data-offset', /\d+/);
  await expect(focused).toBeInViewport();
});

test('what is selected stays, and the focus of what leaves goes to the pane', async ({
  app,
  page,
}) => {
  await open(app, page);
  await section(page, GPT, 2).selectText();
  await scrollTo(page, GPT, 0.7);
  await settle(page);
  expect(await page.evaluate(() => getSelection()?.toString())).toBe('Section 2');
  await page.evaluate(() => getSelection()?.removeAllRanges());
  await scrollTo(page, GPT, 0);
  await settle(page);
  await pane(page, GPT).getByRole('button', { name: 'Wrap' }).first().focus();
  await scrollTo(page, GPT, 0.7);
  await settle(page);
  await expect(pane(page, GPT)).toBeFocused();
});

test('an answer that is written out of sight draws nothing, and is there when one scrolls', async ({
  app,
  page,
}) => {
  await open(app, page, 'tick=6');
  await app.button(/^Run on/).click();
  await expect(section(page, GPT, 3)).toBeAttached();
  const most = { drawn: 0 };
  await expect(async () => {
    most.drawn = Math.max(most.drawn, await drawn(page, GPT));
    const height = await pane(page, GPT).evaluate((box) => box.scrollHeight / box.clientHeight);
    expect(height).toBeGreaterThan(3);
  }).toPass({ intervals: [50] });
  expect(most.drawn).toBeLessThan(MOST_DRAWN);
  await scrollTo(page, GPT, 1);
  await settle(page);
  const text = () => pane(page, GPT).evaluate((box) => box.textContent);
  const before = await text();
  await expect.poll(text, { intervals: [30] }).not.toBe(before);
  await expect(page.getByRole('article', { name: `Answer of ${GPT}` })).toHaveAttribute(
    'aria-busy',
    'false',
  );
  await scrollTo(page, GPT, 1);
  await settle(page);
  await scrollTo(page, GPT, 1);
  await expect(section(page, GPT, 60)).toBeInViewport();
});
