/** Comparisons as a person makes and reads them. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const GPT = 'gpt-6.1';
const CLAUDE = 'claude-sonnet-4.6';

const prompt = (page: Page): Locator => page.getByRole('textbox', { name: 'Prompt', exact: true });
const columns = (page: Page): Locator => page.getByRole('article', { name: /^Answer of/ });
const column = (page: Page, name: string): Locator =>
  page.getByRole('article', { name: `Answer of ${name}`, exact: true });
const list = (page: Page): Locator => page.getByRole('navigation', { name: 'Comparisons' });

async function addModel(page: Page, model: string): Promise<void> {
  await page.getByRole('button', { name: 'model', exact: true }).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill(model);
  await page.getByRole('option', { name: model }).first().click();
  await expect(page.getByRole('button', { name: new RegExp(`^Column ${model}`) })).toBeVisible();
}

/** A new comparison of two models; the first is that of the chat. */
async function begin(app: Window, page: Page): Promise<void> {
  await app.button(/^Compare/).click();
  await addModel(page, GPT);
}

async function openPicture(app: Window, page: Page): Promise<void> {
  await app.button(/^Compare/).click();
  await list(page)
    .getByRole('button', { name: /^Rust channel/ })
    .first()
    .click();
  await expect(columns(page)).toHaveCount(3);
}

async function openTable(app: Window, page: Page): Promise<void> {
  await app.button(/^Compare/).click();
  await list(page)
    .getByRole('button', { name: /^Trip plans/ })
    .first()
    .click();
  await expect(page.getByRole('grid', { name: 'Answers by prompt' })).toBeVisible();
}

async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ['violations'] })
    .analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect(serious).toEqual([]);
}

test('one prompt is put to two models, priced first, and their answers stand side by side', async ({
  app,
  page,
}) => {
  await app.open(['provider']);
  await begin(app, page);
  await prompt(page).fill('How large should the bound be?');
  await expect(page.getByText(/est\. \$0\.0/)).toBeVisible();
  await prompt(page).press('Control+Enter');
  await expect(columns(page)).toHaveCount(2);
  for (const name of [CLAUDE, GPT]) {
    await expect(column(page, name)).toHaveAttribute('aria-busy', 'false');
    await expect(column(page, name).getByText('first token', { exact: true })).toBeVisible();
  }
  await expect(page.getByText(', the best').first()).toBeAttached();
  await column(page, GPT)
    .getByRole('button', { name: /^Open the receipt/ })
    .click();
  await expect(page.getByRole('dialog', { name: 'Receipt' })).toBeVisible();
  await page.keyboard.press('Escape');

  // An edited comparison makes a new round, and the old one can be read again.
  await prompt(page).fill('And how small?');
  await app.button('Run on 2').click();
  await app.button('round 2 of 2').click();
  await page.getByRole('menuitem', { name: /^Round 1/ }).click();
  await expect(app.button('round 1 of 2')).toBeVisible();
  await axe(page);
});

test('the example works at once', async ({ app, page }) => {
  await app.open();
  await app.button(/^Compare/).click();
  await app.button('Try the example').click();
  await expect(column(page, 'short')).toHaveAttribute('aria-busy', 'false');
  await expect(column(page, 'plain').getByText('free', { exact: true })).toBeVisible();
  await expect(column(page, 'plain').getByRole('list', { name: 'Checks' })).toBeVisible();
});

test('several prompts with rows of a file make a table, which opens case by case', async ({
  app,
  page,
}) => {
  await app.open(['provider']);
  await begin(app, page);
  await app.button('More').click();
  const sheet = page.getByRole('dialog', { name: 'Set up the comparison' });
  await sheet.getByRole('button', { name: 'Paste many' }).click();
  await sheet
    .getByRole('textbox', { name: /^Many prompts/ })
    .fill('Describe {{city}}.\n---\nGreet {{city}}.');
  await sheet.getByRole('button', { name: 'Add 2 prompts' }).click();
  await expect(sheet.getByText('Variables: {{city}}')).toBeVisible();
  await sheet.getByLabel('File of rows').setInputFiles({
    name: 'cities.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('city\nLima\nOslo\n"Porto"\nToo,many\n'),
  });
  await expect(sheet.getByRole('cell', { name: 'Porto' })).toBeVisible();
  await expect(sheet.getByText(/Row 5 was left out/)).toBeVisible();
  await sheet.getByRole('button', { name: 'Add a check' }).click();
  await sheet.getByLabel('Check 1: text').fill('bound');
  await sheet.getByLabel('Repeats').fill('51');
  await expect(sheet.getByText(/There are 1 to 50 repeats/)).toBeVisible();
  await sheet.getByLabel('Repeats').fill('2');
  await expect(sheet.getByText('6 prompts × 2 repeats × 2 columns = 24 answers')).toBeVisible();
  await axe(page);
  await sheet.getByRole('button', { name: 'Run on 2' }).click();
  await expect(page.getByRole('row')).toHaveCount(13);
  await expect(page.getByText(/^24 of 24 answered/)).toBeVisible();
  await expect(page.getByText('1/1 check').first()).toBeVisible();
  await axe(page);
  await page.getByRole('grid').press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByText('2/12')).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.getByText('3/12')).toBeVisible();
  await app.button('Previous case').click();
  await expect(page.getByText('2/12')).toBeVisible();
  await app.button('All').click();
  await expect(page.getByRole('grid')).toBeVisible();
});

test('a round is paused, gone on with and stopped', async ({ app, page }) => {
  await app.open(['compare'], 'tick=6');
  await openTable(app, page);
  await app.button('Run on 3').click();
  await app.button('Pause').click();
  await expect(page.getByText('You paused it. Resume it when you like.')).toBeVisible();
  await app.button('Resume').click();
  await expect(app.button('Pause')).toBeVisible();
  await app.button('Stop').click();
  await expect(page.getByRole('gridcell', { name: /^stopped/ }).first()).toBeVisible();
  await app.button('Ask again what failed').click();
  await expect(page.getByText(/^36 of 36 answered/)).toBeVisible();
});

test('one answer is stopped while the others go on, and asked for again', async ({ app, page }) => {
  await app.open(['compare'], 'tick=25');
  await openPicture(app, page);
  await app.button('Run on 3').click();
  await expect(column(page, GPT)).toHaveAttribute('aria-busy', 'true');
  await app.button(`More for ${GPT}`).click();
  await page.getByRole('menuitem', { name: 'Stop this answer' }).click();
  await expect(column(page, GPT).getByText(/Stopped/)).toBeVisible();
  await expect(column(page, CLAUDE)).toHaveAttribute('aria-busy', 'false');
  await app.button(`More for ${GPT}`).click();
  await page.getByRole('menuitem', { name: 'Ask again' }).click();
  await expect(column(page, GPT).getByText(/count what you dropped/)).toBeVisible();
});

test('an answer goes on as a chat, and all of them do', async ({ app, page }) => {
  await app.open(['compare']);
  await openPicture(app, page);
  await app.button(`Continue here: ${CLAUDE}`).click();
  await expect(app.answers).toHaveCount(1);
  await expect(app.answers.getByText('Three choices')).toBeVisible();
  await app.button(/^Compare/).click();
  await app.button('More for this comparison').click();
  await page.getByRole('menuitem', { name: 'Continue all as chats' }).click();
  await expect(app.chats.getByRole('listitem')).toHaveCount(4);
});

test('a comparison is renamed, deleted, and comes back for ten seconds', async ({ app, page }) => {
  await app.open(['compare']);
  await openPicture(app, page);
  await app.button('More for this comparison').click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByRole('textbox', { name: 'Name of the comparison' }).fill('Channels');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Channels' })).toBeVisible();
  await list(page)
    .getByRole('button', { name: /^Channels/ })
    .focus();
  await page.keyboard.press('Delete');
  await expect(list(page).getByRole('button', { name: /^Channels/ })).toHaveCount(0);
  await app.button('Undo').click();
  await expect(page.getByRole('heading', { name: 'Channels' })).toBeVisible();
});

test('everything can be done by key alone', async ({ app, page }) => {
  await app.open(['provider']);
  await page.keyboard.press('Control+2');
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type('Why a bound?');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'model', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type(GPT);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Column gpt-6\.1/ })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(columns(page)).toHaveCount(2);
  await page.getByRole('region', { name: 'Answers', exact: true }).focus();
  await page.keyboard.press('j');
  await expect(column(page, CLAUDE)).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('f');
  await expect(columns(page)).toHaveCount(1);
  await expect(column(page, GPT)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(columns(page)).toHaveCount(2);
});

test('names stay hidden until the vote', async ({ app, page }) => {
  await app.open(['compare']);
  await openPicture(app, page);
  await app.button('Blind').click();
  await expect(column(page, 'Answer A')).toBeVisible();
  await expect(page.getByRole('article').getByText(GPT)).toHaveCount(0);
  await expect(page.getByText('first token', { exact: true })).toHaveCount(0);
  await app.button('Best answer: Answer B').click();
  await expect(column(page, GPT)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Best answer/, pressed: true })).toHaveCount(1);
});

test('a thousand answers scroll like ten, in a small window', async ({ app, page }) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await app.open(['compare', 'compare-many']);
  await openTable(app, page);
  await expect(
    page.getByRole('grid').or(page.getByRole('row').nth(1)).and(page.locator(':focus')),
  ).toBeVisible();
  await page.keyboard.press('End');
  await expect(page.getByText(/prompt 400\./).last()).toBeVisible();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.keyboard.press('Enter');
  await expect(page.getByText('800/800')).toBeVisible();
  await expect(columns(page).first()).toBeVisible();
});

test('a reload finds the comparison, and the answer that is being written', async ({
  app,
  page,
}) => {
  await app.open(['compare', 'compare-streaming'], 'tick=40');
  await openPicture(app, page);
  await expect(column(page, 'deepseek-chat')).toHaveAttribute('aria-busy', 'true');
  expect(new URL(page.url()).hash).toBe('#compare/picture');
  await page.reload();
  await expect(columns(page)).toHaveCount(3);
  await expect(column(page, 'deepseek-chat').getByText(/TCP flow control/)).toBeVisible();
});
