import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const editor = (page: Page) => page.getByRole('dialog', { name: /^(New route|Route “)/ });

async function openRoutes(app: Window, page: Page): Promise<void> {
  await app.button(/^Models & routes/).click();
  await expect(page.getByRole('heading', { name: 'Routes', exact: true })).toBeVisible();
}

test('a route is made, planned, tested, saved and asked', async ({ app, page }) => {
  await app.open(['catalogue']);
  await openRoutes(app, page);
  await app.button('New route').click();
  const form = editor(page);
  await form.getByLabel('Name').fill('work');
  await form.getByRole('button', { name: 'Add a model or a way in' }).click();
  const picker = page.getByRole('dialog', { name: 'Add to the route' });
  await picker.getByRole('combobox').fill('opus');
  await page.keyboard.press('Enter');
  await expect(picker).toBeHidden();
  const entries = form.getByRole('list', { name: 'Entries' }).getByRole('listitem');
  await expect(entries.last()).toContainText('claude-opus-4.6 · any of 3 ways in');

  // By keys, then by dragging it back past the one before.
  await form.getByRole('button', { name: /^Move claude-opus/ }).focus();
  await page.keyboard.press('Home');
  await expect(entries.first()).toContainText('claude-opus-4.6');
  await expect(form.getByRole('button', { name: /^Move claude-opus/ })).toBeFocused();
  const from = await form.getByRole('button', { name: /^Move claude-opus/ }).boundingBox();
  const below = await entries.nth(1).boundingBox();
  if (!from || !below) throw new Error('nothing to drag');
  await page.mouse.move(from.x + 8, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, below.y + below.height - 4, { steps: 4 });
  await page.mouse.up();
  await expect(entries.nth(1)).toContainText('claude-opus-4.6');

  await form.getByRole('radio', { name: 'Cheapest healthy' }).check();
  await form.getByLabel('For this text').fill('How do I get back-pressure?');
  await expect(form.getByText(/ways in for about/)).toBeVisible();
  await form.getByRole('button', { name: /^And \d+ more$/ }).click();
  const before = await form.locator('ol > li').count();
  await form.getByText('Limits', { exact: true }).click();
  await form.getByRole('checkbox', { name: /^Direct to the maker/ }).check();
  await expect(form.getByRole('heading', { name: 'Left out' })).toBeVisible();
  expect(await form.locator('ol > li').count()).toBeLessThan(before);

  await form.getByText('Patience', { exact: true }).click();
  await form.getByLabel('First token, in seconds').fill('30');
  await form.getByRole('button', { name: 'Test my route' }).click();
  await expect(form.getByText('15 pass, 1 fail')).toBeVisible();
  await form.getByRole('button', { name: /First token after 20 s/ }).click();
  await form.getByRole('button', { name: 'First token within 12 s' }).click();
  await expect(form.getByText('16 pass')).toBeVisible();
  await form.getByRole('button', { name: 'Save route' }).click();
  await expect(form).toBeHidden();
  await expect(page.getByRole('article', { name: 'work' })).toContainText('Cheapest healthy');

  await page.keyboard.press('Control+n');
  await app.button(/^Model: /).click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('work');
  await page.keyboard.press('Enter');
  await expect(app.button('Route: work')).toBeVisible();
  await app.composer.fill('How large should the bound be?');
  await app.button(/^route: cheapest healthy/).click();
  const plan = page.getByRole('dialog', { name: 'What would happen now' });
  await expect(plan).toContainText('For the text that you are writing.');
  await expect(plan).toContainText('by its price for this text');
  await page.keyboard.press('Escape');
  await app.composer.press('Enter');
  await app.over();
  await expect(app.answers.last()).toContainText('Start at 64 and measure');
});

test('a deleted route is shown as gone where it was used, and comes back', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes']);
  await app.button(/^Model: /).click();
  await page.getByRole('option', { name: /^everyday/ }).click();
  await app.askAndWait('Write a haiku');
  await openRoutes(app, page);
  await app.button('More for the route everyday').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByText(/^A route is a list of models to ask in turn/)).toBeVisible();
  await page.keyboard.press('Control+1');
  await expect(app.button('Route: gone')).toBeVisible();
  await expect(page.getByText('The route of this chat was deleted.')).toBeVisible();
  await app.composer.fill('And another?');
  await expect(app.button('Send')).toBeDisabled();
  await app.button('Undo').click();
  await expect(app.button('Route: everyday')).toBeVisible();
  await app.composer.press('Enter');
  await app.over();
  await expect(app.answers).toHaveCount(2);
});

test('a paused way in counts down and can be tried again', async ({ app, page }) => {
  await app.open(['catalogue', 'routes']);
  await app.button(/^Models & routes/).click();
  await page.getByRole('row', { name: /claude-sonnet/ }).click();
  const paused = page.getByRole('button', { name: /^Anthropic is paused, \d+ s: try again now$/ });
  const words = await paused.textContent();
  await expect(paused).not.toHaveText(words ?? '');
  await app.button('Prices & details of claude-sonnet-4.6 by Anthropic').click();
  const details = page.getByRole('dialog', { name: 'claude-sonnet-4.6' });
  await expect(details).toContainText('99.2 % of 64 attempts');
  await details.getByRole('button', { name: 'Try again now' }).click();
  await expect(details.getByText('healthy')).toBeVisible();
});

test('half an answer that was rescued shows its seam', async ({ app }) => {
  await app.open();
  await app.withScripted('scripted-replaced');
  await app.askAndWait('Explain it');
  await expect(app.answers.last()).toContainText(
    'began again at Scripted after Anthropic fell silent',
  );
  await app.choose('scripted-continued');
  await app.askAndWait('Explain it');
  await expect(
    app.answers.last().getByRole('img', { name: /^Scripted went on here after Anthropic/ }),
  ).toBeVisible();
});

test('what was closed without saving can be had back, and covers nothing of the next form', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes']);
  await page.setViewportSize({ width: 900, height: 600 });
  await app.button(/^Models & routes/).click();
  await app.button('Routes').click();
  for (const name of ['first', 'second']) {
    await app.button('Edit everyday').click();
    await editor(page).getByLabel('Name', { exact: true }).fill(`everyday, ${name}`);
    await page.keyboard.press('Escape');
    await expect(editor(page)).toBeHidden();
  }
  await app.button('Edit everyday').click();
  const toasts = page.getByRole('region', { name: 'Notifications' }).getByRole('listitem');
  await expect(toasts).toHaveCount(2);
  const save = editor(page).getByRole('button', { name: 'Save route' });
  const footer = await save.boundingBox();
  for (const toast of await toasts.all()) {
    await expect
      .poll(async () => (await toast.boundingBox())?.y)
      .toBeGreaterThan((footer?.y ?? 0) - 16);
    const box = await toast.boundingBox();
    expect(box?.x).toBeGreaterThan(
      (await editor(page).getByRole('button', { name: 'Cancel' }).boundingBox())?.x ?? 0,
    );
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(900);
  }
  await save.click({ trial: true });
  await editor(page).getByRole('button', { name: 'Cancel' }).click({ trial: true });
});
