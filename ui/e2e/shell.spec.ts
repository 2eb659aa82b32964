import { expect, test } from './window';

test('a chat is renamed in its place', async ({ app, page }) => {
  await app.open(['history']);
  await page.getByRole('button', { name: 'Haiku about fallbacks', exact: true }).dblclick();
  const name = page.getByRole('textbox', { name: 'Name of the chat' });
  await expect(name).toBeFocused();
  await name.fill('Poems');
  await name.press('Enter');
  await expect(page.getByRole('button', { name: 'Poems', exact: true })).toBeFocused();
  await page.keyboard.press('F2');
  await name.fill('Never mind');
  await name.press('Escape');
  await expect(page.getByRole('button', { name: 'Poems', exact: true })).toBeVisible();
});

test('a deleted chat can be taken back', async ({ app, page }) => {
  await app.open(['history']);
  await page.getByRole('button', { name: 'SQL window functions', exact: true }).click();
  await app.button('More for this chat').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(app.chats).not.toContainText('SQL window functions');
  await expect(page.getByRole('heading', { name: 'Ask anything' })).toBeVisible();
  await app.button('Undo').click();
  await expect(app.chats).toContainText('SQL window functions');
  await expect(app.answers.last()).toBeVisible();
});

test('everything can be done from the keyboard', async ({ app, page }) => {
  const press = (keys: string) => page.keyboard.press(keys);
  await app.open(['history'], 'tick=20');

  // Ask, and stop.
  await page.keyboard.type('Tell me about channels');
  await press('Enter');
  await expect(app.answers.last()).toContainText('Use');
  await press('Control+.');
  await expect(app.answers.last()).toContainText('Stopped by you');

  // Another model, by arrow keys.
  await press('Control+m');
  await page.keyboard.type('gpt');
  await expect(page.getByRole('option', { name: 'gpt-6.1' })).toHaveAttribute('data-selected', '');
  await press('Enter');
  await expect(app.button('Model: gpt-6.1')).toBeVisible();
  await expect(app.composer).toBeFocused();

  // A new chat, the palette, the settings.
  await press('Control+n');
  await expect(page.getByRole('heading', { name: 'Ask anything' })).toBeVisible();
  await press('Control+k');
  await page.keyboard.type('dark');
  await expect(page.getByRole('option', { name: 'Theme: dark' })).toHaveAttribute(
    'data-selected',
    '',
  );
  await press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await press('Control+,');
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();

  // Where nothing is typed, single keys.
  await page.getByRole('heading', { name: 'Settings' }).click();
  await press('2');
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toBeFocused();
  await page.getByRole('heading', { name: 'New comparison' }).click();
  await press('4');
  await expect(page.getByRole('heading', { name: 'Models & routes' })).toBeVisible();
  await press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await press('1');
  await expect(app.composer).toBeFocused();
  await press('2');
  await expect(app.composer).toHaveValue('2');

  // The list of chats.
  await press('Control+b');
  await expect(app.chats).toBeHidden();
  await press('Control+b');
  await expect(app.chats).toBeVisible();

  // From answer to answer.
  await page.getByRole('button', { name: 'Rust channel back-pressure', exact: true }).click();
  await expect(app.answers).toHaveCount(2);
  await page.getByRole('region', { name: 'Conversation' }).focus();
  await press('k');
  await expect(app.answers.last()).toBeFocused();
  await press('k');
  await expect(app.answers.first()).toBeFocused();
  await press('Control+i');
  await expect(page.getByRole('dialog', { name: 'Receipt' })).toBeVisible();
});

test('a storage problem fills the window until it is mended', async ({ app, page }) => {
  await app.open(['storage-problem']);
  const problem = page.getByRole('alert');
  await expect(problem).toContainText('written by a newer Patchbay');
  await expect(problem).toContainText('Update Patchbay');
  await page.getByText('In technical words').click();
  await expect(problem).toContainText('schema version 9');
  await app.button('Try again').click();
  await expect(app.composer).toBeVisible();
});

test('the local model is fetched with progress, and can be cancelled', async ({ app, page }) => {
  await app.open(['local-missing'], 'tick=10');
  await app.button('Get it').click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await app.button('Cancel').click();
  await expect(app.button('Get it')).toBeVisible();
  await app.button('Get it').click();
  await expect(page.getByRole('heading', { name: 'Ask anything' })).toBeVisible();
  await app.askAndWait('Write a haiku');
  await expect(app.answers.last()).toContainText('notice the silence');
});

test('settings change the window and say where things are', async ({ app, page }) => {
  await app.open();
  await app.button(/^Settings/).click();
  await page.getByRole('combobox', { name: /^Theme/ }).click();
  await page.getByRole('option', { name: 'High contrast' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-contrast', 'more');
  await page.getByRole('combobox', { name: /^Enter/ }).click();
  await page.getByRole('option', { name: 'Ctrl+Enter sends' }).click();
  await expect(page.getByText('/home/ada/.local/share/patchbay')).toBeVisible();
  await expect(page.getByText('no account, no telemetry')).toBeVisible();
  await app.button('New chat').click();
  await app.composer.fill('one');
  await app.composer.press('Enter');
  await app.composer.pressSequentially('two');
  await expect(app.composer).toHaveValue('one\ntwo');
  await app.composer.press('Control+Enter');
  await app.over();
  await expect(app.answers).toHaveCount(1);
});

test('what start-up did is told, and can be dismissed', async ({ app, page }) => {
  await app.open(['notices']);
  await expect(page.getByText('One answer was being written')).toBeVisible();
  await app.button('Dismiss').click();
  await expect(page.getByText('One answer was being written')).toBeHidden();
});
