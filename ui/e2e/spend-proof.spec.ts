import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
const table = (page: Page, name: string) => page.getByRole('table', { name });
const BILL = {
  name: 'activity.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from('date,model\n1,2\n'),
};

async function openTab(app: Window, page: Page, name: string): Promise<void> {
  await app.button(/^Spend/).click();
  await page.getByRole('tab', { name }).click();
}

test('what was paid is held against the lists, and the math tells what would be cheaper', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'history', 'catalogue']);
  await openTab(app, page, 'Prices');
  const markup = table(page, 'Paid against the makers’ lists');
  await expect(markup.getByRole('row', { name: /deepseek-reasoner/ })).toContainText('+14.9 %');
  await markup.getByRole('button', { name: /^Show the prices behind claude/ }).focus();
  await page.keyboard.press('Enter');
  await expect(markup).toContainText('The maker’s price is three months old.');

  const math = table(page, 'Real usage on every way in');
  await math.getByRole('button', { name: 'Show every way in to deepseek-reasoner' }).click();
  await expect(table(page, 'Every way in to deepseek-reasoner')).toContainText('cheapest for you');
  await page.getByText('The numbers behind it').first().click();
  await expect(page.getByText('$2.31 for 412 attempts')).toBeVisible();

  await app.button('Add a model').click();
  await page.getByRole('combobox', { name: 'Search models' }).fill('gpt-6.1-mini');
  await page.keyboard.press('Enter');
  await expect(table(page, 'All of it on another model')).toContainText('gpt-6.1-mini');

  await app.button('7 days').click();
  await expect(page.getByText(/too few to advise anything by/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What follows' })).toBeHidden();
});

test('unknown costs are priced after a look at what would change', async ({ app, page }) => {
  await app.open(['spend', 'history', 'catalogue']);
  await openTab(app, page, 'Proof');
  await app.button('Price gpt-oss-120b by Together now').click();
  const ask = dialog(page, 'Price them now');
  await expect(ask).toContainText('12 attempts of 14 would change.');
  await page.keyboard.press('Escape');
  await expect(ask).toBeHidden();
  await expect(app.button('Price gpt-oss-120b by Together now')).toBeFocused();
  await page.keyboard.press('Enter');
  await ask.getByRole('button', { name: 'Change 12 attempts' }).click();
  await expect(ask).toBeHidden();
  await expect(table(page, 'Changes of history').getByRole('row')).toHaveCount(4);
  await expect(app.button('Price gpt-oss-120b by Together now')).toBeHidden();

  await app.button('Work everything out again').click();
  await expect(dialog(page, 'Work everything out again')).toContainText('none would change');
  await app.button('Close').last().click();
  await app.button('Set a price for qwen/qwen3-max by NanoGPT').click();
  await expect(page.getByRole('dialog')).toContainText('Your own price');
});

test('each count of the coverage opens its answers', async ({ app, page }) => {
  await app.open(['spend', 'history']);
  await openTab(app, page, 'Proof');
  await page.getByRole('button', { name: /of OpenRouter, said by the provider/ }).click();
  await expect(dialog(page, 'Answers: OpenRouter: said by the provider')).toBeVisible();
});

test('a bill is read, looked through and deleted; its receipts lie over it', async ({
  app,
  page,
}) => {
  await app.open(['spend', 'history', 'keys']);
  await openTab(app, page, 'Proof');
  await page.getByLabel('File of usage').setInputFiles({ ...BILL, name: 'usage.xlsx' });
  await expect(page.getByRole('alert')).toContainText('is no CSV');
  await page.getByLabel('File of usage').setInputFiles(BILL);
  const bill = dialog(page, 'activity.csv');
  await expect(bill.getByRole('row')).toHaveCount(29);
  await bill.getByRole('button', { name: 'differs 2' }).click();
  await expect(bill.getByRole('row')).toHaveCount(3);
  await bill
    .getByRole('button', { name: /^Receipt of/ })
    .first()
    .click();
  const receipt = dialog(page, 'Receipt');
  await expect(receipt).toContainText('You paid');
  await receipt.getByRole('button', { name: 'Copy', exact: true }).click({ trial: true });
  await page.keyboard.press('Escape');
  await expect(receipt).toBeHidden();
  await expect(bill).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(bill).toBeHidden();

  await app.button('Delete activity.csv').click();
  await page.keyboard.press('Escape');
  await app.button('Delete activity.csv').click();
  await dialog(page, /^Delete/)
    .getByRole('button', { name: 'Delete' })
    .click();
  await expect(table(page, 'Bills that were read')).toBeHidden();
});

test('a bill can be dropped where it belongs', async ({ app, page }) => {
  await app.open(['spend', 'keys']);
  await openTab(app, page, 'Proof');
  const place = page.getByRole('group', { name: 'Import a bill' });
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['date,model\n1,2\n'], 'dropped.csv', { type: 'text/csv' }));
    return transfer;
  });
  await place.dispatchEvent('drop', { dataTransfer: data });
  await expect(dialog(page, 'dropped.csv')).toBeVisible();
});
