import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
const card = (page: Page, name: string) => page.getByRole('article', { name });

async function openBudgets(app: Window, page: Page): Promise<void> {
  await app.button(/^Spend/).click();
  await page.getByRole('tab', { name: 'Budgets' }).click();
  await expect(page.getByRole('heading', { name: 'Budgets' })).toBeVisible();
}

test('the first budget takes one press, and is changed, deleted and had back', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes']);
  await openBudgets(app, page);
  await app.button('$20 a month').click();
  await expect(card(page, 'Everything, a month')).toContainText('$0.0000');
  await expect(card(page, 'Everything, a month')).toContainText('of $20.00 spent');
  await expect(page.getByRole('heading', { name: 'Budgets' })).toBeFocused();

  await app.button('Edit the budget Everything, a month').click();
  const form = dialog(page, 'Edit budget');
  await form.getByLabel('At most, in dollars').fill('12,50');
  await form.getByLabel('Ask instead').click();
  await page.getByRole('option', { name: 'the route “everyday”' }).click();
  await form.getByRole('button', { name: 'Save budget' }).click();
  await expect(form).toBeHidden();
  await expect(card(page, 'Everything, a month')).toContainText('of $12.50 spent');
  await expect(card(page, 'Everything, a month')).toContainText('the route “everyday”');

  await app.button('Delete the budget Everything, a month').click();
  await expect(card(page, 'Everything, a month')).toBeHidden();
  await app.button('Undo').click();
  await expect(card(page, 'Everything, a month')).toBeVisible();
});

test('a budget for one model is made by keys alone, and says what is wrong at its field', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'catalogue']);
  await openBudgets(app, page);
  await app.button('New budget').focus();
  await page.keyboard.press('Enter');
  const form = dialog(page, 'New budget');
  await expect(form.getByLabel('What it holds')).toBeVisible();
  await form.getByLabel('What it holds').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await form.getByLabel('At most, in dollars').focus();
  await page.keyboard.type('much');
  await page.keyboard.press('Enter');
  await expect(form.getByText('Choose a model.')).toBeVisible();
  await expect(form.getByText(/^That is no amount/)).toBeVisible();
  await form.getByRole('button', { name: 'Which model: none chosen' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'Search models' }).fill('gpt-6.1-mini');
  await page.keyboard.press('Enter');
  await expect(form.getByRole('button', { name: /^Which model: gpt-6.1-mini/ })).toBeVisible();
  await form.getByLabel('At most, in dollars').fill('0.50');
  await page.keyboard.press('Enter');
  await expect(form).toBeHidden();
  await expect(card(page, 'gpt-6.1-mini, a month')).toContainText('of $0.50 spent');
});

test('what a budget is spent on is one press away', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openBudgets(app, page);
  await app.button('Answers that count for OpenRouter, a week').click();
  await expect(dialog(page, 'Answers: OpenRouter, this week')).toBeVisible();
});

test('a budget that goes past its warning says so once, and leads to itself', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'history']);
  // Each answer costs; the budget of the day is just before its warning.
  const news = page.getByRole('listitem').filter({ hasText: 'past the point where you wanted' });
  for (let asked = 0; asked < 2; asked += 1) await app.askAndWait('Write a haiku');
  await expect(news).toHaveCount(1);
  await expect(page.locator('[aria-live=polite]').filter({ has: news })).toBeAttached();
  await news.getByRole('button', { name: 'Open budgets' }).click();
  await expect(card(page, 'Everything, a day')).toContainText('past the warning');
  await expect(news).toHaveCount(0);
});

test('a receipt says what a budget changed, and what the maker would have asked', async ({
  app,
  page,
}) => {
  await app.open(['receipts', 'catalogue']);
  await page.getByRole('button', { name: 'Answers on their way', exact: true }).click();
  await app.button('Receipt of the last answer').click();
  const receipt = dialog(page, 'Receipt');
  await expect(receipt).toContainText('so the cheapest way in was asked first.');
  await expect(receipt.getByRole('row', { name: /by the maker’s list/ })).toContainText(
    'charged 5.3 % above',
  );
  await expect(receipt).toContainText('Maker’s list: Patchbay’s list of November 2026');
  await expect(receipt).toContainText('$0.061236, its worst case');
  await expect(receipt).toContainText('Direct from the maker this would have cost $0.0067032.');
  await receipt.getByRole('button', { name: 'Budgets' }).click();
  await expect(page.getByRole('tab', { name: 'Budgets', selected: true })).toBeVisible();
});
