import { expect, test } from './window';

test('the first question of all is answered, and its receipt says that it was free', async ({
  app,
  page,
}) => {
  await app.open();
  await expect(app.composer).toBeFocused();
  await page.keyboard.type('Write a haiku about fallbacks');
  await page.keyboard.press('Enter');
  const answer = app.answers.last();
  await expect(answer).toContainText('The first wire');
  await app.over();
  await expect(answer).toContainText('notice the silence.');
  await expect(answer).toContainText('free');
  await expect(app.chats).toContainText('Write a haiku about fallbacks');

  await answer.getByRole('button', { name: /^Open the receipt/ }).click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await expect(receipt).toContainText('free, on this computer');
  await expect(receipt).toContainText('655 ms');
  await expect(receipt).toContainText('91 tokens/s');
  await page.keyboard.press('Escape');
  await expect(receipt).toBeHidden();
});

test('Escape gives the focus back to the button that the list of models came from', async ({
  app,
  page,
}) => {
  await app.open(['catalogue']);
  const button = app.button(/^Model: /);
  const search = page.getByRole('combobox', { name: 'Search models' });
  await button.click();
  await expect(search).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(search).toBeHidden();
  await expect(button).toBeFocused();
  // By the keyboard alone, and from a search.
  await page.keyboard.press('Enter');
  await expect(search).toBeFocused();
  await page.keyboard.type('sonnet');
  await page.keyboard.press('Escape');
  await expect(search).toBeHidden();
  await expect(button).toBeFocused();
});

test('an example works at once', async ({ app, page }) => {
  await app.open();
  await page.getByRole('button', { name: 'Write a haiku about fallbacks' }).click();
  await app.over();
  await expect(app.answers).toHaveCount(1);
  await expect(app.composer).toHaveValue('');
});

test('an answer grows, can be written over, and keeps its text when it is stopped', async ({
  app,
}) => {
  await app.open([], 'tick=25');
  await app.ask('Tell me about channels');
  const answer = app.answers.last();
  await expect(answer).toHaveAttribute('aria-busy', 'true');
  await expect(answer).toContainText('The bound');
  await app.composer.fill('My next question');
  await app.button('Stop').click();
  await app.over();
  await expect(answer).toContainText('Stopped by you');
  await expect(answer).toContainText('Use tokio::sync::mpsc::channel');
  await expect(answer).not.toContainText('deadlock');
  await expect(app.composer).toHaveValue('My next question');
  await expect(app.composer).toBeFocused();
  await expect(app.button('Send')).toBeEnabled();
});

test('asking again and changing the question make branches', async ({ app, page }) => {
  await app.open();
  await app.askAndWait('Write a haiku');
  await app.answers.last().getByRole('button', { name: 'Ask again' }).click();
  await app.over();
  await expect(page.getByRole('group', { name: 'Answer 2 of 2' })).toBeVisible();
  await app.button('Previous answer').click();
  await expect(page.getByRole('group', { name: 'Answer 1 of 2' })).toBeVisible();

  const question = page.getByRole('article', { name: 'You asked' });
  await question.hover();
  await question.getByRole('button', { name: 'Change and ask anew' }).click();
  await page.getByRole('textbox', { name: 'Change the question' }).fill('Explain it plainly');
  await app.button('Ask anew').click();
  await app.over();
  await expect(question).toContainText('Explain it plainly');
  await expect(page.getByRole('group', { name: 'Question 2 of 2' })).toBeVisible();
  await app.button('Previous question').click();
  await expect(question).toContainText('Write a haiku');
});

test('an answer goes on while another chat is on screen', async ({ app, page }) => {
  await app.open(['history'], 'tick=12');
  await app.ask('Tell me about channels');
  await expect(app.answers.last()).toContainText('Use');
  await page.getByRole('button', { name: 'SQL window functions', exact: true }).click();
  await expect(app.chats.getByRole('img', { name: 'An answer is being written' })).toBeVisible();
  await expect(app.chats.getByRole('img', { name: 'An answer is being written' })).toBeHidden();
  await page.getByRole('button', { name: /^Tell me about channels/ }).click();
  await expect(app.answers.last()).toContainText('deadlock');
  await expect(app.answers.last()).toHaveAttribute('aria-busy', 'false');
});

test('system prompt and parameters belong to their chat', async ({ app, page }) => {
  await app.open();
  await app.button('System prompt').click();
  await page
    .getByRole('textbox', { name: 'What the model should keep to in this chat' })
    .fill('Be brief.');
  await app.button('Done').click();
  await app.button('Parameters').click();
  await page.getByLabel('Temperature').fill('7');
  await app.button('Done').click();
  await expect(page.getByText('A number from 0 to 2.')).toBeVisible();
  await page.getByLabel('Temperature').fill('0,7');
  await app.button('Done').click();
  await expect(app.button('temp 0.7')).toBeVisible();
  await app.askAndWait('Write a haiku');
  await expect(app.button('temp 0.7')).toBeVisible();
  await app.button('New chat').click();
  await expect(app.button('Parameters')).toBeVisible();
  await page.getByRole('button', { name: 'Write a haiku', exact: true }).click();
  await expect(app.button('temp 0.7')).toBeVisible();
});

test('a switch of the way in is one cable and two attempts', async ({ app, page }) => {
  await app.open();
  await app.withScripted('scripted-switching');
  await app.askAndWait('Write a haiku');
  const cable = app.answers.last().getByRole('button', { name: /^Open the receipt/ });
  await expect(cable).toHaveAccessibleDescription(/anthropic 529.*scripted/);
  await cable.click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  const attempts = receipt.getByRole('list', { name: 'Attempts' }).getByRole('listitem');
  await expect(attempts).toHaveCount(2);
  await expect(receipt).toContainText('overloaded, no retry hint');
  await expect(receipt).toContainText('unknown');
});

test('what a model writes is never more than text', async ({ app, page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await app.open();
  await app.withScripted('scripted-hostile');
  await app.askAndWait('Show me a page');
  const answer = app.answers.last();
  await expect(answer).toContainText('<img src="x" onerror=');
  await expect(answer).toContainText("<script>document.title='owned'</script>");
  await expect(answer.locator('script, img, iframe')).toHaveCount(0);
  await expect(answer.locator('a[href^="javascript"]')).toHaveCount(0);
  await expect(page).toHaveTitle('Patchbay');
  expect(asked.filter((url) => url.includes('tracker.example'))).toEqual([]);
});

test('a long chat opens at its end, and lets the person read further up', async ({ app, page }) => {
  await app.open(['long'], 'tick=8');
  await page.getByRole('button', { name: 'A very long chat', exact: true }).click();
  await expect(app.answers.last()).toBeInViewport();
  await app.ask('Tell me about channels');
  const transcript = page.getByRole('region', { name: 'Conversation' });
  await expect(app.answers.last()).toContainText('Use');
  await transcript.hover();
  await page.mouse.wheel(0, -2_000);
  await expect(app.button('Jump to latest')).toBeVisible();
  const before = await transcript.evaluate((element) => element.scrollTop);
  await app.over();
  expect(await transcript.evaluate((element) => element.scrollTop)).toBe(before);
  await app.button('Jump to latest').click();
  await expect(app.answers.last()).toBeInViewport();
  await expect(app.button('Jump to latest')).toBeHidden();
});
