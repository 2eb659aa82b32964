/** How judging and rankings look, in every theme and in two sizes; the pictures lie beside the results. */

import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

interface Scene {
  name: string;
  go: (app: Window, page: Page) => Promise<void>;
}

const open = async (app: Window, page: Page, name: RegExp) => {
  await app.button(/^Compare/).click();
  await page.getByRole('button', { name }).click();
};
const picture = async (app: Window, page: Page) => {
  await open(app, page, /^Rust channel back-pressure/);
  await expect(app.button('Tie')).toBeEnabled();
};

const SCENES: readonly Scene[] = [
  {
    name: 'verdicts',
    go: async (app, page) => {
      await open(app, page, /^Trip plans in one paragraph/);
      const grid = page.getByRole('grid', { name: 'Answers by prompt' });
      await expect(grid.or(grid.getByRole('row')).and(page.locator(':focus'))).toBeVisible();
      await page.keyboard.press('Enter');
      await app.button(/^2 verdicts/).click();
    },
  },
  {
    name: 'rankings',
    go: async (app, page) => {
      await page.keyboard.press('Escape');
      await app.button(/^Compare/).click();
      await app.button('Rankings').click();
      await expect(page.getByRole('heading', { name: 'Judges' })).toBeVisible();
    },
  },
  {
    name: 'judge sheet',
    go: async (app, page) => {
      await picture(app, page);
      await app.button('Judge').click();
    },
  },
  {
    name: 'stitch',
    go: async (app, page) => {
      await picture(app, page);
      await page.keyboard.press('x');
      await page
        .getByRole('button', { name: /^Take “/ })
        .first()
        .click();
      await app.button('Add your own words').click();
    },
  },
  {
    name: 'common ground',
    go: async (app, page) => {
      await picture(app, page);
      await page.keyboard.press('g');
      await expect(page.getByRole('heading', { name: /^They differ on/ })).toBeVisible();
    },
  },
  {
    name: 'difference',
    go: async (app, page) => {
      await picture(app, page);
      await page.keyboard.press('d');
      await expect(page.getByText(/changes,/)).toBeVisible();
    },
  },
];

for (const scene of SCENES) {
  test(`${scene.name}: within the window in every theme`, async ({ app, page }, info) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await app.open(['compare-voted']);
    await scene.go(app, page);
    for (const theme of ['light', 'dark', 'contrast']) {
      await page.evaluate((value) => {
        const { dataset } = document.documentElement;
        dataset['theme'] = value === 'dark' ? 'dark' : 'light';
        if (value === 'contrast') dataset['contrast'] = 'more';
      }, theme);
      for (const [width, height] of [
        [1360, 860],
        [900, 600],
      ] as const) {
        await page.setViewportSize({ width, height });
        const path = info.outputPath(`${scene.name} ${theme} ${width}.png`);
        await page.screenshot({ path });
        const wide = await page.evaluate(() => document.scrollingElement?.scrollWidth ?? 0);
        expect(wide).toBeLessThanOrEqual(width);
        const beyond = await page.evaluate(() =>
          [
            ...document.querySelectorAll(
              'header:not(article header) button, main [role=group] button',
            ),
          ]
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .map((each) => each.textContent.trim() || each.getAttribute('aria-label')),
        );
        expect(beyond).toEqual([]);
      }
    }
  });
}
