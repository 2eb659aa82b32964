/** Answers judged, ranked and made into one. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const PICTURE = /^Rust channel back-pressure/;
const TABLE = /^Trip plans in one paragraph/;

async function openPicture(app: Window, parts: readonly string[] = ['compare']): Promise<void> {
  await app.open([...parts]);
  await app.button(/^Compare/).click();
  await app.page.getByRole('button', { name: PICTURE }).click();
  await expect(app.answers).toHaveCount(3);
  await expect(app.button('Tie')).toBeEnabled();
}

async function openTable(app: Window, parts: readonly string[]): Promise<void> {
  await app.open([...parts]);
  await app.button(/^Compare/).click();
  await app.page.getByRole('button', { name: TABLE }).click();
  const grid = app.page.getByRole('grid', { name: 'Answers by prompt' });
  await expect(grid.or(grid.getByRole('row')).and(app.page.locator(':focus'))).toBeVisible();
}

async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

test('a blind vote by keyboard alone', async ({ app, page }) => {
  await openTable(app, ['compare']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hide or show whose');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article', { name: 'Answer of Answer A' })).toBeVisible();
  await expect(page.getByText('Which is best?')).toBeVisible();
  await page.keyboard.press('2');
  const vote = page.getByRole('group', { name: 'Vote' });
  await expect(vote.getByText('You said')).toBeVisible();
  await expect(vote.getByText('blind', { exact: true })).toBeVisible();
  await expect(page.getByRole('article', { name: 'Answer of Answer A' })).toHaveCount(0);
  await page.keyboard.press('u');
  await expect(vote.getByText(/You have seen the names/)).toBeVisible();
  await page.keyboard.press('t');
  await expect(vote.getByText('a tie')).toBeVisible();
  await expect(vote.getByText('blind', { exact: true })).toHaveCount(0);
  await page.keyboard.press('n');
  await expect(page.getByRole('article', { name: 'Answer of Answer A' })).toBeVisible();
  await page.keyboard.press('b');
  await expect(vote.getByText('all bad', { exact: true })).toBeVisible();
});

test('a vote keeps its topic and its note', async ({ app, page }) => {
  await openPicture(app);
  await page.keyboard.press('1');
  await page.getByRole('textbox', { name: 'Note on this vote' }).fill('short and right');
  const topic = page.getByLabel('Topic of this vote');
  await topic.fill('channels');
  await topic.press('Enter');
  await page.getByRole('main').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('r');
  await page.getByRole('combobox', { name: /^Topic/ }).click();
  await expect(page.getByRole('option', { name: 'channels' })).toBeVisible();
});

test('models judge, for a price that is told before', async ({ app, page }) => {
  await openPicture(app);
  await app.button('Judge').click();
  const sheet = page.getByRole('dialog', { name: 'Let models judge' });
  await expect(sheet.getByRole('button', { name: 'Judge', exact: true })).toBeDisabled();
  await sheet.getByRole('button', { name: 'judge', exact: true }).last().click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('claude-sonnet');
  await page
    .getByRole('option', { name: /claude-sonnet/ })
    .first()
    .click();
  await expect(sheet.getByText(/^2 requests for about \$/)).toBeVisible();
  await sheet.getByRole('button', { name: 'Judge', exact: true }).click();
  await expect(sheet).toBeHidden();
  await app.button(/^1 verdict/).click();
  const said = page.getByRole('dialog', { name: 'What the judges said' });
  await expect(said.getByText(/in the other order/)).toBeVisible();
  await expect(said.getByText(/^\$0\.00/)).toBeVisible();
});

test('a verdict that did not come about is asked for again', async ({ app, page }) => {
  await openPicture(app);
  await app.button('Judge').click();
  const sheet = page.getByRole('dialog', { name: 'Let models judge' });
  await sheet.getByRole('button', { name: 'judge', exact: true }).last().click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('claude-sonnet');
  await page
    .getByRole('option', { name: /claude-sonnet/ })
    .first()
    .click();
  await sheet.getByRole('textbox').fill('fail at first');
  await sheet.getByRole('button', { name: 'Judge', exact: true }).click();
  await expect(page.getByText(/1 verdict did not come about/)).toBeVisible();
  await expect(page.getByText(/gave no verdict that can be read/)).toBeVisible();
  await app.button('Ask again for 1 verdict').click();
  await expect(app.button(/^1 verdict/)).toBeVisible();
  await expect(page.getByText(/did not come about/)).toHaveCount(0);
});

test('rankings: who is best, and how sure that is', async ({ app, page }) => {
  await openTable(app, ['compare-voted']);
  await app.button('Rankings').click();
  await expect(page.getByRole('heading', { name: 'Rankings' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^from / })).toHaveCount(3);
  await expect(page.getByText(/of 1[0-9], between/).first()).toBeVisible();
  expect(await serious(page)).toEqual([]);
  const point = page.getByRole('img', { name: /score .*on the frontier/ }).first();
  await point.focus();
  await expect(point).toBeFocused();
  await app.button('Show as a table').click();
  await expect(page.getByRole('columnheader', { name: 'Median price' })).toBeVisible();
  await page.getByRole('combobox', { name: /^Whose votes/ }).click();
  await page.getByRole('option', { name: 'All judges' }).click();
  await expect(page.getByText('28 votes').or(page.getByText(/^2\d votes/))).toBeVisible();
  await app.button('Back to the answers').click();
  await expect(page.getByRole('grid', { name: 'Answers by prompt' })).toBeVisible();
});

test('rankings before the first vote teach how to vote', async ({ app, page }) => {
  await app.open(['compare']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('rankings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Vote blind on 6 prompts' })).toBeVisible();
});

test('one answer made of several by a model', async ({ app, page }) => {
  await openPicture(app);
  await app.button('Merge').click();
  await page.getByRole('menuitem', { name: /Merge by a model/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Make one answer of several' });
  await sheet.getByRole('radio', { name: 'A checklist' }).check();
  await sheet.getByRole('checkbox').first().uncheck();
  await sheet.getByRole('button', { name: 'Merge 2' }).click();
  const merged = page.getByRole('article', { name: 'Answer made of several' });
  await expect(merged).toHaveAttribute('aria-busy', 'false');
  await expect(merged.getByText('A checklist')).toBeVisible();
  await expect(merged.getByRole('button', { name: /^Open the receipt/ })).toBeVisible();
  await app.button('Delete it').click();
  await expect(page.getByText(/Nothing was made of these answers/)).toBeVisible();
  // It was paid for, so it comes back with a word.
  await app.button('Undo').click();
  await expect(merged.getByText('A checklist')).toBeVisible();
});

test('a round is saved as a file, and no file is written over', async ({ app, page }) => {
  await openPicture(app);
  for (const name of [/, round \d+\.html” in \/media\/you\/Downloads/, /\(2\)\.html”/]) {
    await app.button('Export').click();
    await page.getByRole('menuitem', { name: 'Save HTML to Downloads' }).click();
    await expect(page.getByText(name)).toBeVisible();
  }
});

test('passages stitched by hand keep their sources', async ({ app, page }) => {
  await openPicture(app);
  await page.keyboard.press('x');
  const takes = page.getByRole('button', { name: /^Take “/ });
  await takes.first().press('Enter');
  await page
    .getByRole('article', { name: /claude/ })
    .getByRole('button', { name: /^Take “/ })
    .first()
    .press('Enter');
  await app.button('Add your own words').click();
  await page.getByRole('textbox', { name: 'Your own words' }).fill('And this is mine.');
  const handles = page.getByRole('button', { name: /^Move / });
  await expect(handles).toHaveCount(3);
  await handles.last().press('Home');
  await app.button('Save').click();
  const merged = page.getByRole('article', { name: 'Answer made of several' });
  await expect(merged.getByText('And this is mine.')).toBeVisible();
  await expect(merged.getByText('claude-sonnet-4.6')).toBeVisible();
  await app.button('Continue as a chat').click();
  await expect(page.getByText('And this is mine.')).toBeVisible();
});

test('a single sentence is taken for the stitched answer', async ({ app, page }) => {
  await openPicture(app);
  await page.keyboard.press('x');
  const gpt = page.getByRole('article', { name: /gpt/ });
  await gpt
    .getByRole('button', { name: /^Sentences of “/ })
    .first()
    .press('Enter');
  const sentences = gpt.getByRole('group', { name: /^Sentences of “/ });
  await sentences
    .getByRole('button', { name: /^Take “/ })
    .last()
    .press('Enter');
  const taken = page.getByRole('textbox', { name: /^Passage of/ });
  await expect(taken).toHaveCount(1);
  await expect(taken).toHaveValue(/^[^.]+\.$/);
});

test('the difference of two answers, and what all of them share', async ({ app, page }) => {
  await openPicture(app);
  await page.keyboard.press('d');
  const dialog = page.getByRole('dialog', { name: 'Difference of two answers' });
  await expect(dialog.getByText(/changes,/)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  const panel = page.getByRole('complementary', { name: 'Common ground' });
  await expect(panel.getByRole('heading', { name: /^They differ on/ })).toBeVisible();
  await expect(page.locator('[data-column] mark').first()).toBeVisible();
  expect(await serious(page)).toEqual([]);
  await panel.getByRole('checkbox', { name: 'Mark it in the answers' }).uncheck();
  await expect(page.locator('[data-column] mark')).toHaveCount(0);
});

test('repeats tell how far they agree', async ({ app, page }) => {
  await openTable(app, ['compare']);
  await page.keyboard.press('Enter');
  await app.button('Repeats').click();
  const panel = page.getByRole('complementary', { name: 'Repeats' });
  await expect(panel.getByText('the same to the letter').first()).toBeVisible();
});
