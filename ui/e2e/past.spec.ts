/** What the past is good for: real questions on another model, and what a new round changed. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test } from './window';

const GPT = 'gpt-6.1';

async function axe(page: Page): Promise<void> {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
    await page.evaluate(async () => {
      const fades = document.getAnimations();
      await Promise.all(fades.map((fade) => fade.finished.catch(() => undefined)));
    });
    const { violations } = await new AxeBuilder({ page })
      .options({ resultTypes: ['violations'] })
      .analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect(serious, `axe in ${theme}`).toEqual([]);
  }
}

test('nothing tells which answer is of the past before all are there', async ({ app, page }) => {
  await page.clock.install();
  await app.open(['history', 'provider'], 'tick=400');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('replay');
  await page.getByRole('option', { name: /^Replay my past/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Replay my past' });
  await sheet.getByRole('button', { name: 'The other model: none yet' }).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill(GPT);
  await page.getByRole('option', { name: GPT }).first().click();
  await page.clock.runFor(1_000);
  await sheet.getByRole('button', { name: 'Ask and vote blind' }).click();
  await page.getByRole('row').nth(1).click();
  const answers = page.getByRole('article', { name: /^Answer of Answer / });
  await expect(answers).toHaveCount(2);
  for (const letter of ['A', 'B']) {
    await app.button(`More for Answer ${letter}`).click();
    await expect(page.getByRole('menuitem')).toHaveText([/Focus this column/]);
    await page.keyboard.press('Escape');
  }
  const [first, second] = await answers.evaluateAll((all) =>
    all.map((each) => [
      each.getAttribute('class'),
      each.getAttribute('aria-busy'),
      each.textContent.replaceAll(/Answer [AB]/g, ''),
      [...each.querySelectorAll('*')].map(({ nodeName }) => nodeName).join(' '),
    ]),
  );
  expect(first).toEqual(second);
});

for (const [width, height] of [
  [1360, 860],
  [900, 600],
] as const) {
  test(`one’s past is asked again, and voted on blind, at ${width} × ${height}`, async ({
    app,
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await app.open(['history', 'provider']);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('replay');
    await page.getByRole('option', { name: /^Replay my past/ }).click();
    const sheet = page.getByRole('dialog', { name: 'Replay my past' });
    await expect(sheet.getByRole('button', { name: 'Ask and vote blind' })).toBeDisabled();
    await sheet.getByRole('button', { name: 'The other model: none yet' }).click();
    await page.getByRole('combobox', { name: 'Search models' }).fill(GPT);
    await page.getByRole('option', { name: GPT }).first().click();
    await expect(
      sheet.getByText(/^The last 30 days cost \$0\.\d{4} for 8 answers\.$/),
    ).toBeVisible();
    await expect(
      sheet.getByText(/^On gpt-6\.1 the same tokens would have cost \$0\.\d{4}: \$.* (less|more)/),
    ).toBeVisible();
    await expect(
      sheet.getByText(/^The last 30 days hold 7 questions with a whole answer; all/),
    ).toBeVisible();
    await expect(sheet.getByText(/^Asking them is estimated at \$0\.\d{4}\./)).toBeVisible();
    await sheet.getByLabel('Questions', { exact: true }).fill('0');
    await expect(sheet.getByText(/^Between 1 and 200 questions/)).toBeVisible();
    await expect(sheet.getByRole('button', { name: 'Ask and vote blind' })).toBeDisabled();
    await sheet.getByLabel('Questions', { exact: true }).fill('3');
    await sheet.getByLabel('Seed').fill('7');
    await expect(sheet.getByText(/3 of them are asked again, drawn at random\.$/)).toBeVisible();
    await axe(page);
    await sheet.getByRole('button', { name: 'Ask and vote blind' }).click();
    await expect(sheet).toBeHidden();

    await expect(page.getByRole('heading', { name: /^My past on / })).toBeVisible();
    await expect(page.getByText(/^6 of 6 answered/)).toBeVisible();
    await expect(page.getByRole('columnheader', { name: 'Hidden' })).toHaveCount(2);
    const outcome = page.getByRole('region', { name: 'What that time would have cost' });
    await expect(outcome.getByText(/^3 of 7 questions .*drawn at random \(seed 7\)/)).toBeVisible();
    await expect(outcome.getByText(/^Told from 3 answers.*too few/)).toBeVisible();
    await axe(page);
    await page.getByRole('row').nth(1).click();
    await expect(page.getByRole('article', { name: 'Answer of Answer A' })).toBeVisible();
    await expect(page.getByRole('article', { name: 'Answer of As it was' })).toHaveCount(0);
    await app.button('Best answer: Answer B').click();
    await expect(page.getByRole('article', { name: 'Answer of As it was' })).toBeVisible();
  });

  test(`what changed between two rounds is read word by word, at ${width} × ${height}`, async ({
    app,
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await app.open(['compare']);
    await app.button(/^Compare/).click();
    await page
      .getByRole('button', { name: /^Rust channel/ })
      .first()
      .click();
    await app.button('round 2 of 2').click();
    await page.getByRole('menuitem', { name: 'What changed?' }).click();
    const sheet = page.getByRole('dialog', { name: 'What changed?' });
    await expect(
      sheet.getByText('Of 3 answers that both rounds have, 2 are the same to the letter.'),
    ).toBeVisible();
    const figures = sheet.getByRole('region', { name: 'Figures by column' });
    await expect(figures.getByRole('columnheader')).toHaveText([
      GPT,
      'claude-sonnet-4.6',
      'deepseek-chat',
    ]);
    await expect(figures.getByRole('row', { name: /^Characters/ })).toContainText(
      /shorter by \d+ %/,
    );
    await expect(figures.getByRole('row', { name: /^Same to the letter/ })).toContainText('0 of 1');
    await axe(page);
    await sheet.getByRole('button', { name: /deepseek-chat.*another text/ }).click();
    await expect(sheet.getByRole('button', { name: 'All changes' })).toBeFocused();
    await expect(sheet.getByRole('region', { name: 'Difference of two answers' })).toBeVisible();
    await expect(sheet.getByRole('deletion').first()).toContainText('a full queue');
    await expect(sheet.getByRole('insertion').first()).toContainText('TCP flow control');
    await axe(page);
    await sheet.getByRole('button', { name: 'All changes' }).press('Enter');
    await expect(sheet.getByRole('button', { name: /deepseek-chat.*another text/ })).toBeFocused();
  });
}
