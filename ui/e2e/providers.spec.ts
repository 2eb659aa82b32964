import { expect, test } from './window';

test('a provider is added, tested, asked and removed, and its key is never shown', async ({
  app,
  page,
}) => {
  await app.open();
  await app.button(/^Models & providers/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await form.getByRole('button', { name: 'OpenRouter' }).click();
  await expect(form.getByLabel('Base URL')).toHaveValue('https://openrouter.ai/api/v1');
  await expect(form.getByLabel('Key', { exact: true })).toBeFocused();
  await page.keyboard.type('sk-or-secret');
  await form.getByRole('button', { name: 'Add a header' }).click();
  await form.getByLabel('Name of header 1').fill('HTTP-Referer');
  await form.getByLabel('Value of header 1').fill('https://example.org');
  await form.getByRole('button', { name: 'Test' }).click();
  await expect(form.getByRole('status')).toContainText('lists 10 models');
  await expect(form.getByRole('status')).toContainText('128 ms');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();

  const card = page.locator('li.provider');
  await expect(card).toContainText('In the keychain');
  expect(await page.content()).not.toContain('sk-or-secret');
  await card.getByRole('button', { name: 'Replace' }).click();
  await expect(page.getByLabel('New key')).toHaveValue('');
  await app.button('Cancel').click();

  await page.getByRole('button', { name: 'Ask scripted-small' }).click();
  await app.askAndWait('Write a haiku');
  await expect(app.answers.last()).toContainText('notice the silence');

  await app.button(/^Models & providers/).click();
  await app.button('Remove OpenRouter').click();
  await expect(card).toHaveCount(0);
  await app.button('Undo').click();
  await expect(card).toHaveCount(1);
});

test('the form says what is wrong where it is wrong', async ({ app, page }) => {
  await app.open();
  await app.button(/^Models & providers/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await form.getByLabel('Name', { exact: true }).fill('Broken');
  await form.getByLabel('Base URL').fill('nowhere');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('That is no web address.')).toBeVisible();
  await expect(form.getByLabel('Base URL')).toHaveAttribute('aria-invalid', 'true');

  await form.getByLabel('Base URL').fill('http://refused.example/v1');
  await form.getByRole('button', { name: 'Test' }).click();
  await expect(form.getByRole('alert')).toContainText('Nothing listens at that address');
  await form.getByLabel('Base URL').fill('https://html.example');
  await form.getByRole('button', { name: 'Test' }).click();
  await expect(form.getByRole('alert')).toContainText('a web page, not with an API');
  await form.getByText('Raw answer').click();
  await expect(form.getByRole('alert')).toContainText('<!doctype html>');
});

test('without a keychain a key is kept for this session', async ({ app, page }) => {
  await app.open(['no-vault']);
  await app.button(/^Models & providers/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await expect(form.getByLabel('Keep the key for this session only')).toBeChecked();
  await expect(form.getByRole('status')).toContainText('no keychain service');
  await form.getByRole('button', { name: 'OpenAI' }).click();
  await page.keyboard.type('sk-session');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('li.provider')).toContainText('For this session only');
});

test('a locked keychain is told in plain words and looked for again', async ({ app, page }) => {
  await app.open(['vault-locked']);
  await app.button(/^Settings/).click();
  await expect(page.getByText('The keychain is locked.')).toBeVisible();
  await app.button('Try again').click();
  await expect(page.getByText('The keychain is ready.')).toBeVisible();
});

for (const [model, words, buttons] of [
  [
    'fail-authentication',
    'does not accept the key',
    ['Add a key', 'Try again', 'Ask another model'],
  ],
  ['fail-rate_limited', 'asks for a pause', ['Try again', 'Ask another model']],
  ['fail-context_too_long', 'context_too_long', ['Ask another model', 'New chat']],
] as const) {
  test(`${model} says whose side it is on and what to press`, async ({ app, page }) => {
    await app.open();
    await app.withScripted(model);
    await app.askAndWait('Hello?');
    const alert = app.answers.last().getByRole('alert');
    await expect(alert).toContainText(words);
    await expect(alert).toContainText(/On the provider’s side|In the settings/);
    await expect(alert.getByRole('button')).toHaveText([...buttons]);
    await alert.getByText('Raw answer').click();
    await expect(alert.locator('pre')).toBeVisible();

    await alert.getByRole('button', { name: 'Ask another model' }).click();
    await page.getByRole('option', { name: /SmolLM2/ }).click();
    await app.over();
    await expect(page.getByRole('group', { name: 'Answer 2 of 2' })).toBeVisible();
    await expect(app.answers.last()).toContainText('deadlock');
  });
}

test('an answer that is cut in the middle keeps its half', async ({ app }) => {
  await app.open();
  await app.withScripted('scripted-cut');
  await app.askAndWait('Tell me about channels');
  await expect(app.answers.last()).toContainText('The bound is the back-pressure');
  await expect(app.answers.last().getByRole('alert')).toContainText('ended in the middle');
});
