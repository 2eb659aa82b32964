import type { Page } from '@playwright/test';

import { expect, test } from './window';

const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
const row = (page: Page, table: string, name: string | RegExp) =>
  page.getByRole('table', { name: table }).getByRole('row', { name });

async function openGateway(page: Page): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('button', { name: 'Gateway' })
    .click();
  await expect(page.getByRole('heading', { name: 'Gateway', level: 1 })).toBeVisible();
}

/** The clipboard of a page in a test is one that the test can read. */
async function spyOnClipboard(page: Page): Promise<() => Promise<string>> {
  await page.addInitScript(() => {
    const copied = { text: '' };
    Object.assign(window, { copied });
    Object.defineProperty(navigator, 'clipboard', {
      value: {
        writeText: (text: string) => {
          copied.text = text;
          return Promise.resolve();
        },
      },
    });
  });
  return () => page.evaluate(() => (window as unknown as { copied: { text: string } }).copied.text);
}

test('the first run is switched on, makes an app, and shows its token once', async ({
  app,
  page,
}) => {
  const copied = await spyOnClipboard(page);
  await app.open(['catalogue', 'routes']);
  await openGateway(page);
  await expect(page.getByRole('switch', { name: 'Gateway' })).not.toBeChecked();
  await app.button('Switch the gateway on').click();
  await expect(page.getByRole('switch', { name: 'Gateway' })).toBeChecked();
  await app.button('Copy the address').click();
  expect(await copied()).toBe('http://127.0.0.1:4180/v1');

  await app.button('Make your first app').click();
  const form = dialog(page, 'New app');
  await form.getByLabel('Name', { exact: true }).fill('Aider');
  await form.getByRole('button', { name: 'Make the app' }).click();

  const issued = dialog(page, 'Token of Aider');
  await expect(issued.getByText('it is not shown again')).toBeVisible();
  const token = (await issued.getByRole('status', { name: 'Token' }).textContent()) ?? '';
  expect(token).toMatch(/^pb-/);
  await issued.getByRole('button', { name: 'Copy the token' }).click();
  expect(await copied()).toBe(token);

  await issued.getByRole('button', { name: /^Model in the snippet/ }).click();
  await page.getByRole('searchbox', { name: 'Find a model or a route' }).fill('everyday');
  await page.keyboard.press('Enter');
  await issued.getByRole('tab', { name: 'Aider' }).click();
  await issued
    .getByRole('group', { name: 'Shell code' })
    .getByRole('button', { name: 'Copy' })
    .click();
  expect(await copied()).toContain(`export OPENAI_API_KEY=${token}`);
  expect(await copied()).toContain('aider --model openai/everyday');

  await issued.getByRole('button', { name: 'Done' }).click();
  await expect(row(page, 'Apps', /Aider/)).toContainText(token.slice(-4));
  expect(await page.content()).not.toContain(token);
  await expect(page.getByText('YOUR_TOKEN')).toBeVisible();
});

test('a port that is taken says what to press, and another one is listened at', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'gateway']);
  await openGateway(page);
  await app.button('Port 4180').click();
  const port = dialog(page, 'Port').getByRole('textbox', { name: 'Port' });
  await port.fill('0');
  await port.press('Enter');
  await expect(page.getByText('A number from 1 to 65535')).toBeVisible();
  await port.fill('8080');
  await port.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Port 8080 is used by another program.');
  await page.keyboard.press('Escape');
  await app.button('Choose another port').click();
  await port.fill('4321');
  await port.press('Enter');
  await expect(port).toBeHidden();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByText('http://127.0.0.1:4321/v1', { exact: true }).first()).toBeVisible();
});

test('an app is limited, held by a budget, revoked, and deleted and had back', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes', 'gateway', 'spend']);
  await openGateway(page);
  await app.button('Editor').click();
  const form = dialog(page, 'Edit app');
  await form.getByText('More', { exact: true }).click();
  await form.getByRole('button', { name: /^May ask for/ }).click();
  await page.getByRole('searchbox', { name: 'Find a model or a route' }).fill('everyday');
  await page.keyboard.press('Enter');
  await form.getByLabel('Requests a minute').fill('often');
  await form.getByRole('button', { name: 'Save app' }).click();
  await expect(form.getByText('A whole number, or nothing for no limit.')).toBeVisible();
  await expect(form.getByLabel('Requests a minute')).toBeFocused();
  await form.getByLabel('Requests a minute').fill('30');
  await form.getByRole('button', { name: 'Save app' }).click();
  await expect(form).toBeHidden();
  await expect(row(page, 'Apps', /^Editor/)).toContainText('everyday');
  await expect(row(page, 'Apps', /^Editor/)).toContainText('30 a minute');

  await app.button('More for the app Editor').click();
  await page.getByRole('menuitem', { name: 'Set a budget…' }).click();
  const budget = dialog(page, 'New budget');
  await expect(budget.getByRole('combobox', { name: /^Which app/ })).toContainText('Editor');
  await budget.getByLabel('At most, in dollars').fill('5');
  await budget.getByRole('button', { name: 'Save budget' }).click();
  await expect(page.getByRole('article', { name: 'Editor, a month' })).toBeVisible();
  await openGateway(page);
  await expect(row(page, 'Apps', /^Editor/)).toContainText('$5.00 a month');

  await app.button('More for the app Editor').click();
  await page.getByRole('menuitem', { name: 'Revoke the token…' }).click();
  const sure = dialog(page, /^Revoke the token/);
  await expect(sure).toContainText('It is refused at once');
  await sure.getByRole('button', { name: 'Revoke the token' }).click();
  await expect(row(page, 'Apps', /^Editor/)).toContainText('revoked');

  await app.button('More for the app Editor').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(row(page, 'Apps', /^Editor/)).toHaveCount(0);
  await app.button('Undo').click();
  await expect(row(page, 'Apps', /^Editor/)).toHaveCount(1);
});

test('what apps ask is found, opened with its receipt, and becomes a chat', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes', 'gateway']);
  await openGateway(page);
  const lines = page.getByRole('table', { name: 'Traffic' }).getByRole('row');
  await expect(lines).toHaveCount(8);
  await app.button('Only failed').click();
  await expect(lines).toHaveCount(2);
  await app.button('Only failed').click();
  await page.getByRole('searchbox', { name: 'Find in texts' }).fill('regular expression');
  await expect(lines).toHaveCount(2);

  await lines.last().click();
  const request = dialog(page, 'Request');
  await expect(request.getByRole('region', { name: 'Instructions' })).toContainText('careful');
  await expect(request.getByRole('region', { name: 'Answer' }).locator('strong')).toHaveText(
    'at most one',
  );
  await request.getByRole('button', { name: /^Open the receipt/ }).click();
  const receipt = dialog(page, 'Receipt');
  await expect(receipt.getByRole('list', { name: 'Attempts' }).getByRole('listitem')).toHaveCount(
    2,
  );
  await page.keyboard.press('Escape');
  await expect(receipt).toBeHidden();

  await request.getByRole('button', { name: 'Open as chat' }).click();
  await expect(app.answers.last()).toContainText('nothing else on the line');
  await expect(app.composer).toBeVisible();
});

test('a request runs again on other models, with its question and its instructions', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'routes', 'gateway']);
  await openGateway(page);
  await app.button(/^Open the request of Editor for anthropic/).click();
  await dialog(page, 'Request').getByRole('button', { name: 'Run on other models' }).click();
  await expect(page.getByRole('textbox', { name: 'Prompt', exact: true })).toHaveValue('`^a+b?$`');
  await app.button(/^Column claude/).click();
  await expect(page.getByRole('textbox', { name: 'System prompt' })).toHaveValue(
    'You are a careful reviewer.',
  );
});

test('embeddings are told in words and lead to no chat and no comparison', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'gateway']);
  await openGateway(page);
  await app.button(/^Open the request of .* for openai\/text-embedding-4/).click();
  const request = dialog(page, 'Request');
  await expect(request.getByRole('region', { name: 'Asked' })).toContainText('normalled jack');
  await expect(request.getByRole('region', { name: 'Answer' })).toContainText(
    '2 vectors of 1,536 numbers',
  );
  await expect(request).toContainText('The numbers themselves are not kept.');
  await expect(request.getByRole('button', { name: 'Open as chat' })).toHaveCount(0);
  await expect(request.getByRole('button', { name: 'Run on other models' })).toHaveCount(0);
});

test('a request that runs is stopped, and texts are forgotten', async ({ app, page }) => {
  await app.open(['catalogue', 'gateway']);
  await openGateway(page);
  await app.button('Stop the request of Editor').click();
  await expect(page.getByText('running', { exact: true })).toHaveCount(0);
  await expect(page.getByRole('cell', { name: 'stopped', exact: true })).toBeVisible();

  await app.button('More for the app Editor').click();
  await page.getByRole('menuitem', { name: 'Forget its texts…' }).click();
  await dialog(page, /^Forget the texts/)
    .getByRole('button', { name: 'Forget the texts' })
    .click();
  await expect(page.getByText(/^Forgot the texts of 4 requests/)).toBeVisible();
  await app.button(/^Open the request of Editor for anthropic/).click();
  await expect(dialog(page, 'Request')).toContainText('is not kept');
  await expect(
    dialog(page, 'Request').getByRole('button', { name: 'Open as chat' }),
  ).toBeDisabled();
});

test('texts of apps are words and nothing else, and a long list comes page by page', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'gateway-many']);
  await openGateway(page);
  const lines = page.getByRole('table', { name: 'Traffic' }).getByRole('row');
  await expect(lines).toHaveCount(51);
  await app.button('Show more').click();
  await expect(lines).toHaveCount(101);
  await app.button('Show more').click();
  await expect(lines).toHaveCount(131);
  await expect(app.button('Show more')).toBeHidden();

  await page.getByRole('searchbox', { name: 'Find in texts' }).fill('onerror');
  await lines.nth(1).click();
  const request = dialog(page, 'Request');
  await expect(request.getByText('<img src=x onerror=alert(1)>').first()).toBeVisible();
  expect(await request.locator('img').count()).toBe(0);
});

test('routes are saved for LiteLLM, with the variables that it reads', async ({ app, page }) => {
  await app.open(['catalogue', 'routes', 'gateway']);
  await openGateway(page);
  const team = page.getByRole('region', { name: 'When a team needs the same routes' });
  await expect(team.getByText('LITELLM_MASTER_KEY')).toBeHidden();
  await team.getByRole('button', { name: 'Save for LiteLLM' }).click();
  await expect(page.getByText(/^Saved “LiteLLM config\.yaml” in /)).toBeVisible();
  await expect(team.getByText('LITELLM_MASTER_KEY')).toBeVisible();
  await expect(team.getByText('OPENROUTER_API_KEY')).toBeVisible();
});

test('without a route there is nothing to save for LiteLLM, and that is said', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'gateway']);
  await openGateway(page);
  await app.button('Save for LiteLLM').click();
  await expect(page.getByText(/^There is no route to export\./)).toBeVisible();
  await expect(page.getByText('LITELLM_MASTER_KEY')).toBeHidden();
});

test('a collector is set up, tested, refused and switched off', async ({ app, page }) => {
  await app.open(['catalogue', 'routes', 'gateway']);
  await openGateway(page);
  const panel = page.getByRole('region', { name: 'When somebody else watches the bill' });
  await expect(panel.getByText('Nothing is sent.')).toBeVisible();
  await panel.getByRole('button', { name: 'Set up a collector' }).click();
  const form = dialog(page, /^Send what is asked/);
  const address = form.getByLabel('Address');
  await expect(address).toHaveValue('http://localhost:4318');
  await address.fill('localhost:4318');
  await form.getByRole('button', { name: 'Save and test' }).click();
  await expect(form.getByText(/is not the address of a collector/)).toBeVisible();

  await address.fill('http://localhost:4318');
  await expect(form.getByLabel('What it holds')).toBeHidden();
  await form.getByLabel(/^Header with a secret/).fill('Authorization');
  await form.getByLabel('What it holds').fill('Bearer made-up-0123456789');
  await form.getByRole('button', { name: 'Save and test' }).click();
  await expect(form).toBeHidden();
  await expect(panel.getByText(/: 1 batch, last \d\d:\d\d\.$/)).toBeVisible();
  await panel.getByRole('button', { name: 'Send a test' }).click();
  await expect(panel.getByText(/: 2 batches, /)).toBeVisible();
  expect(await page.content()).not.toContain('made-up-0123456789');

  await panel.getByRole('button', { name: 'Change' }).click();
  await expect(form.getByLabel('What it holds')).toHaveValue('');
  await address.fill('http://refused.localhost:4318');
  await form.getByRole('button', { name: 'Save and test' }).click();
  await expect(panel.getByText('Nothing listens at this address.')).toBeVisible();
  await panel.getByRole('button', { name: 'Send nothing' }).click();
  await expect(panel.getByText('Nothing is sent.')).toBeVisible();
});
