import { expect, test } from './window';

test('a provider is added, tested, asked and removed, and its key is never shown', async ({
  app,
  page,
}) => {
  await app.open();
  await app.button(/^Models & routes/).click();
  await app.button('Add your first provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await expect(form.getByRole('combobox')).toBeFocused();
  await page.keyboard.type('openr');
  await expect(form.getByRole('option', { selected: true })).toHaveText('OpenRouter');
  await page.keyboard.press('Enter');
  await expect(form.getByLabel('Key', { exact: true })).toBeFocused();
  await page.keyboard.type('sk-or-secret');
  await form.getByText('More settings').click();
  await expect(form.getByText('X-Title: Patchbay')).toBeVisible();
  await form.getByRole('button', { name: 'Add a header' }).click();
  await form.getByLabel('Name of header 1').fill('X-Team');
  await form.getByLabel('Value of header 1').fill('reading group');
  await form.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(form.getByRole('status')).toContainText('lists 12 models');
  await expect(form.getByRole('status')).toContainText('128 ms');
  await expect(form.getByRole('status')).toBeInViewport();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();

  const card = page.getByRole('listitem', { name: 'OpenRouter' });
  await expect(card).toContainText('In the keychain');
  await expect(card).toBeInViewport();
  expect(await page.content()).not.toContain('sk-or-secret');

  await page.getByRole('button', { name: 'Ask scripted-small' }).click();
  await app.askAndWait('Write a haiku');
  await expect(app.answers.last()).toContainText('notice the silence');

  await app.button(/^Models & routes/).click();
  await app.button('More for OpenRouter').click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(card).toHaveCount(0);
  await app.button('Undo').click();
  await expect(card).toHaveCount(1);
});

test('a pasted key finds its provider, and a wrong one is led to its own', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.open();
  await app.button(/^Models & routes/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await expect(form.getByRole('combobox')).toBeFocused();
  await page.evaluate(() => navigator.clipboard.writeText('sk-ant-0123456789abcdef'));
  await page.keyboard.press('Control+v');
  await expect(form.getByText('https://api.anthropic.com/v1')).toBeVisible();
  await expect(form.getByLabel('Key', { exact: true })).toHaveValue('sk-ant-0123456789abcdef');
  await expect(form.getByRole('button', { name: 'Save' })).toBeFocused();

  await form.getByRole('button', { name: 'Choose another' }).click();
  await form.getByRole('option', { name: 'Mistral' }).click();
  await page.keyboard.press('Control+v');
  await form.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(form.getByRole('alert')).toContainText('It begins like a key of Anthropic.');
  await form.getByRole('alert').getByRole('button', { name: 'Use it for Anthropic' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('listitem', { name: 'Anthropic' })).toContainText('In the keychain');
});

test('the picker is used from the keyboard alone', async ({ app, page }) => {
  await app.open(['no-servers']);
  await app.button(/^Models & routes/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  const marked = form.getByRole('option', { selected: true });
  await expect(form.getByRole('combobox')).toBeFocused();
  for (const [key, name] of [
    ['ArrowDown', 'OpenAI'],
    ['ArrowRight', 'Anthropic'],
    ['ArrowDown', 'DeepSeek'],
    ['ArrowLeft', 'Google AI Studio'],
    ['ArrowUp', 'OpenAI'],
  ] as const) {
    await page.keyboard.press(key);
    await expect(marked).toHaveText(name);
  }
  for (let times = 0; times < 30; times += 1) await page.keyboard.press('ArrowDown');
  await expect(marked).toHaveText('Any Anthropic-compatible address');
  await expect(marked).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Escape');
  await expect(form).toBeHidden();
});

test('the form says what is wrong where it is wrong', async ({ app, page }) => {
  await app.open();
  await app.button(/^Models & routes/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await form.getByRole('option', { name: 'Any OpenAI-compatible address' }).click();
  const address = form.getByLabel('Base URL');
  await expect(address).toBeFocused();
  await address.fill('nowhere');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('That is no web address.')).toBeVisible();
  await expect(address).toHaveAttribute('aria-invalid', 'true');
  await expect(address).toBeFocused();

  await address.fill('http://refused.example/v1');
  await form.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(form.getByRole('alert')).toContainText('Nothing listens at that address');
  await address.fill('https://html.example');
  await form.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(form.getByRole('alert')).toContainText('a web page, not with an API');
  await form.getByText('Raw answer').click();
  await expect(form.getByRole('alert')).toContainText('<!doctype html>');
});

test('without a keychain a key is kept for this session', async ({ app, page }) => {
  await app.open(['no-vault']);
  await app.button(/^Models & routes/).click();
  await app.button('Add provider').click();
  const form = page.getByRole('dialog', { name: 'Add a provider' });
  await form.getByRole('option', { name: 'OpenAI', exact: true }).click();
  await expect(form.getByLabel('Keep the key for this session only')).toBeChecked();
  await expect(form.getByRole('status')).toContainText('no keychain service');
  await page.keyboard.type('sk-session');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('listitem', { name: 'OpenAI' })).toContainText(
    'For this session only',
  );
});

test('a server on this computer is added with one press', async ({ app, page }) => {
  await app.open();
  await app.button(/^Models & routes/).click();
  await app.button(/^Add Ollama at/).click();
  await expect(page.getByRole('listitem', { name: 'Ollama' })).toBeInViewport();
  await expect(app.button(/^Add Ollama at/)).toHaveCount(0);
  await expect(app.button(/^Add LM Studio at/)).toBeVisible();
});

test('news covers nothing that can be pressed, and no words come back to a menu', async ({
  app,
  page,
}) => {
  await app.open(['keys']);
  await page.setViewportSize({ width: 900, height: 600 });
  await app.button(/^Models & routes/).click();
  await app.button('Providers').click();
  await app.button('More for OpenRouter').hover();
  await app.button('More for OpenRouter').click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(app.button('Undo')).toBeVisible();
  // A press that something lies over would never arrive.
  await app.button('Models').click();
  await expect(page.getByRole('treegrid', { name: 'Models' })).toBeVisible();
  await app.button('Starred').click();
  await app.button('Providers').click();
  await app.button('Undo').click();
  await app.button('More for OpenRouter').click();
  await page.keyboard.press('Escape');
  await expect(app.button('More for OpenRouter')).toBeFocused();
  await expect(page.locator('.tooltip')).toHaveCount(0);
});

test('a provider without its key says so, and takes one there', async ({ app, page }) => {
  await app.open(['keys']);
  await app.button(/^Models & routes/).click();
  const card = page.getByRole('listitem', { name: 'DeepSeek' });
  await expect(card.getByRole('status')).toContainText('no key yet');
  await app.button('Add a key to DeepSeek').click();
  await expect(card.getByLabel('Key', { exact: true })).toBeFocused();
  await page.keyboard.type('sk-deep');
  await page.keyboard.press('Enter');
  await expect(card).toContainText('In the keychain');
  await expect(card).not.toContainText('no key yet');
  await expect(app.button('Add another key to DeepSeek')).toBeFocused();
  expect(await page.content()).not.toContain('sk-deep');
});

test('several keys are put in order, tested, renamed and removed', async ({ app, page }) => {
  await app.open(['keys']);
  await app.button(/^Models & routes/).click();
  const card = page.getByRole('listitem', { name: 'OpenRouter' });
  const rows = card.getByRole('list', { name: /tried in this order/ }).getByRole('listitem');
  const act = async (key: string, item: string) => {
    await app.button(`Actions for the key ${key} of OpenRouter`).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await expect(rows).toHaveCount(3);
  await act('home', 'Try earlier');
  await expect(rows.first()).toContainText('home');
  await act('home', 'Test');
  await expect(card.getByRole('alert')).toContainText('no credit left');
  await expect(card.getByRole('alert').getByRole('button')).toHaveText([
    'Top up',
    'Test again',
    'Replace',
  ]);
  await act('home', 'Replace');
  await expect(card.getByLabel('New key')).toBeFocused();
  await page.keyboard.type('sk-or-better');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('alert')).toBeHidden();
  await expect(app.button('Actions for the key home of OpenRouter')).toBeFocused();
  await act('home', 'Ask what is left');
  await expect(rows.first()).toContainText('$12.40 left');

  await act('work', 'Rename');
  await expect(card.getByLabel('Label')).toBeFocused();
  await page.keyboard.type('office');
  await page.keyboard.press('Enter');
  await expect(rows.nth(1)).toContainText('office');
  await act('office', 'Switch off');
  await expect(rows.nth(1)).toContainText('Switched off');

  await act('office', 'Remove');
  const question = card.getByRole('group', { name: 'Remove the key “office”?' });
  await expect(question.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(app.button('Actions for the key office of OpenRouter')).toBeFocused();
  await act('office', 'Remove');
  await question.getByRole('button', { name: 'Remove the key' }).click();
  await expect(rows).toHaveCount(2);
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
    await expect(alert).toContainText(/On the provider’s side|On your side/);
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
