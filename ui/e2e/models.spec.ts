import type { Page } from '@playwright/test';

import { expect, test } from './window';

const grid = (page: Page) => page.getByRole('treegrid', { name: 'Models' });
const row = (page: Page, name: RegExp) => grid(page).getByRole('row', { name });

test('a model is found by what it can do and costs, and asked by the way in of choice', async ({
  app,
  page,
}) => {
  await app.open(['catalogue']);
  await app.button(/^Models & routes/).click();
  const search = page.getByRole('searchbox', { name: 'Search models' });
  await search.fill('images < 1');
  await expect(page.getByRole('status').first()).toHaveText(/^\d+ of 21 models$/);
  await expect(app.button('Images')).toHaveAttribute('aria-pressed', 'true');
  await app.button('Thinking').click();
  await expect(search).toHaveValue('images < 1 thinking');
  await expect(row(page, /gemini-flash/)).toContainText('from $0.24 / $2');
  await expect(row(page, /claude-sonnet/)).toHaveCount(0);

  await search.fill('gpt-6.1-mini');
  await row(page, /gpt-6\.1-mini/).click();
  const ways = grid(page).getByRole('row', { level: 2 });
  await expect(ways).toHaveCount(3);
  await expect(ways.nth(0)).toContainText('NanoGPT');
  await app.button('Ask gpt-6.1-mini by OpenAI').click();
  await expect(app.button('Model: gpt-6.1-mini')).toBeVisible();
  await expect(page.getByText('via OpenAI')).toBeVisible();
  await app.askAndWait('Write a haiku');
  await app.button(/^Models & routes/).click();
  await expect(search).toHaveValue('gpt-6.1-mini');
  await search.fill('recent');
  await expect(row(page, /gpt-6\.1-mini/)).toBeVisible();
});

test('the list is used by keys from the search on', async ({ app, page }) => {
  await app.open(['catalogue']);
  await app.button(/^Models & routes/).click();
  await page.getByRole('searchbox', { name: 'Search models' }).fill('deepseek');
  await page.keyboard.press('ArrowDown');
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('s');
  await expect(app.button('Star deepseek-reasoner')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(grid(page).getByRole('row', { level: 2 })).toHaveCount(5);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('d');
  const details = page.getByRole('dialog', { name: 'deepseek-reasoner' });
  await expect(details).toContainText('by NanoGPT');
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(app.button('Model: deepseek-reasoner')).toBeVisible();
});

test('a price of one’s own holds until it is cleared', async ({ app, page }) => {
  await app.open(['catalogue']);
  await app.button(/^Models & routes/).click();
  await row(page, /grok-5/).click();
  await app.button('Prices & details of grok-5 by OpenRouter').click();
  const details = page.getByRole('dialog', { name: 'grok-5' });
  await expect(details).toContainText('By the provider’s own list');
  await details.getByText('Your own price').click();
  await details.getByLabel('Input').fill('cheap');
  await details.getByRole('button', { name: 'Save price' }).click();
  await expect(details.getByText('That is no amount in dollars.')).toBeVisible();
  await details.getByLabel('Input').fill('1.10');
  await details.getByLabel('Output').fill('4');
  await details.getByRole('button', { name: 'Save price' }).click();
  await expect(details).toContainText('By your own price');
  await page.keyboard.press('Escape');
  await expect(row(page, /grok-5/).first()).toContainText('from $1.10 / $4');
  await app.button('Prices & details of grok-5 by OpenRouter').click();
  await details.getByRole('button', { name: 'Clear my price' }).click();
  await expect(details).toContainText('By the provider’s own list');
});

test('what the search understands is shown, and an example is searched for', async ({
  app,
  page,
}) => {
  await app.open(['catalogue']);
  await app.button(/^Models & routes/).click();
  await app.button('What can be searched for').click();
  const help = page.getByRole('dialog', { name: 'What can be searched for' });
  await expect(help).toContainText('below $1 for a million tokens of prompt');
  await help.getByRole('button', { name: 'ctx > 100k' }).click();
  await expect(help).toBeHidden();
  const search = page.getByRole('searchbox', { name: 'Search models' });
  await expect(search).toHaveValue('ctx > 100k');
  await expect(search).toBeFocused();
  await expect(row(page, /claude-sonnet/)).toBeVisible();
  await search.fill('ctx > 100k nobody');
  await app.button('Clear the search').click();
  await expect(search).toHaveValue('');
});

test('the picker is a named dialog that finds, unfolds and chooses', async ({ app, page }) => {
  await app.open(['many']);
  await app.button(/^Model: /).click();
  const picker = page.getByRole('dialog', { name: 'Choose a model' });
  await expect(picker).toBeVisible();
  const search = picker.getByRole('combobox', { name: 'Search models' });
  await expect(search).toBeFocused();
  await search.fill('opus');
  await page.keyboard.press('ArrowRight');
  await expect(picker.getByRole('option')).toHaveCount(6);
  await picker.getByRole('option', { name: /^Anthropic/ }).click();
  await expect(app.button('Model: claude-opus-4.6')).toBeVisible();
  await expect(page.getByText('via Anthropic')).toBeVisible();

  await app.button(/^Model: /).click();
  await picker.getByRole('combobox', { name: 'Search models' }).fill('');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  const active = await search.getAttribute('aria-activedescendant');
  await expect(picker.locator(`[id="${active}"]`)).toBeInViewport();
});

test('thousands of ways in scroll to the last one', async ({ app, page }) => {
  await app.open(['many']);
  await app.button(/^Models & routes/).click();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', /^6\d\d$/);
  expect(await grid(page).getByRole('row').count()).toBeLessThan(60);
  await grid(page).focus();
  await page.keyboard.press('End');
  const active = page.locator(`[id="${await grid(page).getAttribute('aria-activedescendant')}"]`);
  await expect(active).toBeInViewport();
  await expect(active).toContainText('SmolLM2');
  await page.keyboard.press('Home');
  await expect(row(page, /claude-sonnet-4\.6/)).toBeInViewport();
});

test('a cost explains itself, and warnings lead to the receipt', async ({ app, page }) => {
  await app.open(['history']);
  await page.getByRole('button', { name: 'Rust channel back-pressure', exact: true }).click();
  const answer = app.answers.first();
  const cost = answer.getByRole('button', { name: '$0.0062' });
  await expect(cost).toHaveAccessibleDescription(/412 × \$3 per million = \$0\.001236/);
  // As the Tab key reaches it.
  await answer.focus();
  await page.keyboard.press('Tab');
  await expect(cost).toBeFocused();
  await expect(page.locator('.tooltip')).toContainText('OpenRouter’s list, 20 Nov 2026');
  await answer.getByRole('button', { name: /^1 note on this answer/ }).click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await expect(receipt).toContainText('left out the parameter “seed”');
  await expect(receipt).toContainText('2 attempts, 2 keys tried');
  await expect(receipt.getByRole('row', { name: /^charged by the provider/ })).toContainText(
    '12 % less',
  );
});

test('how much to think belongs to the chat', async ({ app }) => {
  await app.open();
  await app.button('Parameters').click();
  await app.page.getByText('High', { exact: true }).click();
  await app.button('Done').click();
  await expect(app.button('think high')).toBeVisible();
  await app.askAndWait('Write a haiku');
  await expect(app.button('think high')).toBeVisible();
});
