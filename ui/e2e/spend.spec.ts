import type { Page } from '@playwright/test';

import { expect, test } from './window';

/** A press of the key from an empty place, as a person would do it. */
async function openByKey(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Ask anything' }).click();
  await page.keyboard.press('3');
  await expect(page.getByRole('heading', { name: 'Spend', exact: true })).toBeVisible();
  await expect(page.locator('[data-bar]').first()).toBeVisible();
}

test('from the chart to an answer, its receipt and its chat, by keyboard', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  const press = (keys: string) => page.keyboard.press(keys);
  const bars = page.getByRole('group', { name: /^Spend by day and provider, 30 bars/ });
  await bars.getByRole('button').first().focus();
  await press('End');
  const last = bars.getByRole('button').last();
  await expect(last).toBeFocused();
  await expect(last).toHaveAccessibleName(/OpenRouter \$/);
  await press('ArrowLeft');
  await press('ArrowRight');
  await press('Enter');

  const answers = page.getByRole('dialog', { name: /^Answers: / });
  await expect(answers).toBeVisible();
  const first = answers.getByRole('listitem').first().getByRole('button').first();
  await first.focus();
  await press('Enter');
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await expect(receipt.getByRole('list', { name: 'Attempts' })).toBeVisible();
  // It lies over the answers, and gives the focus back to where it was opened.
  await receipt.getByRole('button', { name: 'Close' }).click();
  await expect(receipt).toBeHidden();
  await expect(first).toBeFocused();
  // Digits lead nowhere while something lies on top.
  await press('1');
  await expect(answers).toBeVisible();
  await press('Escape');
  await expect(answers).toBeHidden();
  await expect(last).toBeFocused();

  await press('Enter');
  await answers
    .getByRole('button', { name: /^Open chat: / })
    .first()
    .click();
  await expect(answers).toBeHidden();
  await expect(app.answers.last()).toBeVisible();
});

test('other days, another split, and the table of the same numbers', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  await page.getByRole('combobox', { name: /^Days/ }).click();
  await page.getByRole('option', { name: 'Last 365 days' }).click();
  await page.getByRole('combobox', { name: /^Split by/ }).click();
  await page.getByRole('option', { name: 'Model' }).click();
  await expect(page.getByText('each bar is a week from Monday')).toBeVisible();
  await expect(
    page.getByRole('group', { name: /^Spend by week and model, 53 bars/ }),
  ).toBeVisible();
  const sum = await page.locator('.sum .mono').first().innerText();

  await app.button('Show as table').click();
  const table = page.getByRole('region', { name: 'Spend by day, as a table' });
  await expect(table.getByRole('row')).toHaveCount(367);
  await expect(table.getByRole('row').last()).toContainText(sum);
  await table.getByRole('button', { name: 'All', exact: true }).click();
  await expect(table.getByRole('columnheader', { name: 'All' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );

  await page.getByRole('combobox', { name: /^Days/ }).click();
  await page.getByRole('option', { name: 'Own dates' }).click();
  await page.getByRole('textbox', { name: 'To', exact: true }).fill('2020-01-01');
  await expect(page.getByText('The first day is after the last. Still shown: ')).toBeVisible();
  await page.getByRole('textbox', { name: 'To', exact: true }).fill('2999-01-01');
  await expect(page.getByText('The last day is not here yet. Still shown: ')).toBeVisible();
  await page.getByRole('textbox', { name: 'To', exact: true }).fill('2020-01-01');
  await page.getByRole('textbox', { name: 'From' }).fill('2019-12-31');
  await expect(page.getByText('Nothing was asked in these days. Choose')).toBeVisible();
});

test('what a budget stopped is opened from its count, and its receipt says why', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  await app.button('2 stopped by a budget').click();
  const answers = page.getByRole('dialog', { name: 'Answers: stopped by a budget' });
  await expect(answers.getByRole('listitem')).toHaveCount(2);
  await expect(answers.getByRole('listitem').first()).toContainText('not sent');
  await answers.getByRole('listitem').first().getByRole('button').first().click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await expect(receipt).toContainText('The budget “Everything, a month” is spent.');
});

test('amounts in another currency stand beside the dollars', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  await app.button('More about amounts').click();
  await page.getByRole('menuitem', { name: /another currency/ }).click();
  const dialog = page.getByRole('dialog', { name: /another currency/ });
  await dialog.getByRole('textbox', { name: 'Currency' }).fill('eur');
  await dialog.getByRole('textbox', { name: 'A dollar is worth' }).fill('0');
  await dialog.getByRole('textbox', { name: 'Day of the rate' }).fill('2026-11-20');
  await dialog.getByRole('textbox', { name: 'A dollar is worth' }).press('Enter');
  await expect(dialog.getByText('That is no rate.')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'A dollar is worth' }).fill('0,92');
  await dialog.getByRole('button', { name: 'Show' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('EUR at 0.92 of 2026-11-20')).toBeVisible();
  const today = page.getByRole('list', { name: 'Figures' }).getByRole('listitem').first();
  await expect(today).toContainText(/\$0\.\d{4}\s*0\.\d{4} EUR/);
  await app.button('More about amounts').click();
  await page.getByRole('menuitem', { name: /another currency/ }).click();
  await dialog.getByRole('button', { name: 'Dollars only' }).click();
  await expect(today).not.toContainText('EUR');
});

test('an export says where it is and can be shown', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  await app.button('Export').click();
  await page.getByRole('menuitem', { name: 'Sums as CSV' }).click();
  const news = page.getByRole('region', { name: 'Notifications' });
  await expect(
    news.getByText(/^Saved “spend-sums-.*\.csv” in \/home\/ada\/Downloads$/),
  ).toBeVisible();
  await news.getByRole('button', { name: 'Show' }).click();
  await expect(news.getByText(/^Saved/)).toBeHidden();
});

test('the line beside the views opens spend, and the palette its parts', async ({ app, page }) => {
  await app.open(['spend', 'history', 'budget-saving']);
  const line = page.getByRole('region', { name: 'Spend', exact: true });
  await expect(line).toContainText('asking cheaper ways in');
  await line.getByRole('button', { name: /^Today/ }).click();
  await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute(
    'aria-selected',
    'true',
  );
  const panel = page.getByRole('tabpanel');
  await expect(page.locator('[data-bar]').first()).toBeVisible();
  await panel.evaluate((element) => (element.scrollTop = 400));
  await page.getByRole('tab', { name: 'Overview' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Prices' })).toBeFocused();
  await expect.poll(() => panel.evaluate((element) => element.scrollTop)).toBe(0);
  await page.keyboard.press('1');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('budgets');
  await expect(page.getByRole('option', { name: 'Spend: budgets' })).toHaveAttribute(
    'data-selected',
    '',
  );
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Budgets' })).toHaveAttribute('aria-selected', 'true');
});

/** The figure is for the report of whoever asks: no clock of a busy machine decides whether this is good. */
test('a year in eight groups is painted after one key press', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openByKey(page);
  await page.getByRole('combobox', { name: /^Days/ }).click();
  await page.getByRole('option', { name: 'Own dates' }).click();
  const to = await page.getByRole('textbox', { name: 'To', exact: true }).inputValue();
  const from = new Date(Date.parse(`${to}T00:00:00Z`) - 365 * 86_400_000);
  await page.getByRole('textbox', { name: 'From' }).fill(from.toISOString().slice(0, 10));
  await page.getByRole('combobox', { name: /^Split by/ }).click();
  await page.getByRole('option', { name: 'Model' }).click();
  await expect(page.getByRole('group', { name: /^Spend by week and model/ })).toBeVisible();
  await page.getByRole('heading', { name: 'Spend', exact: true }).click();
  const figures: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await page.keyboard.press('6');
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
    await page.evaluate(() => {
      const painted = new Promise<number>((resolve) => {
        const listen = ({ timeStamp }: KeyboardEvent) => {
          const look = () => {
            const isThere = document.querySelectorAll('[data-bar]').length > 50;
            const paint = () => resolve(performance.now() - timeStamp);
            // The frame after the one in which it stands there is painted.
            if (isThere) requestAnimationFrame(() => setTimeout(paint));
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        };
        addEventListener('keydown', listen, { once: true, capture: true });
      });
      Object.assign(window, { painted });
    });
    await page.keyboard.press('3');
    const millis = await page.evaluate(() => (window as unknown as { painted: number }).painted);
    figures.push(Math.round(millis));
  }
  await expect(page.getByRole('list', { name: 'Colours' }).getByRole('listitem')).toHaveCount(9);
  test.info().annotations.push({ type: 'painted after, in ms', description: figures.join(', ') });
});
