import { expect, test } from './window';

test('answers are found by what happened to them, and opened where they stand', async ({
  app,
  page,
}) => {
  await app.open(['receipts', 'catalogue']);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('find receipts');
  await expect(page.getByRole('option', { name: /^Find receipts/ })).toHaveAttribute(
    'data-selected',
    '',
  );
  await page.keyboard.press('Enter');
  const main = page.getByRole('main');
  await expect(main.getByRole('listitem')).toHaveCount(6);

  await app.button('Continued').click();
  await expect(main.getByRole('listitem')).toHaveCount(1);
  await main.getByRole('button', { name: /Write a haiku about fallbacks/ }).click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await expect(receipt).toContainText('Went on with the half answer.');
  await expect(receipt).toContainText('after 40 characters of the answer');
  await receipt.getByText('The half answer that the next attempt went on with').click();
  await expect(receipt).toContainText('The first wire');
  const found = page.getByRole('article', { name: /^Answer of/ }).nth(2);
  await expect(found).toBeInViewport();
  await page.keyboard.press('Escape');
  await expect(receipt).toBeHidden();

  // The list is as it was left.
  await app.button('Receipts: find answers').click();
  await expect(main.getByRole('listitem')).toHaveCount(1);
  await app.button('Show all').click();
  await page.getByLabel('Cost more than').fill('0.008');
  await expect(main.getByRole('listitem')).toHaveCount(2);
  await app.button('Show all').click();
  await main.getByRole('button', { name: /A chat that was deleted/ }).click();
  await expect(receipt).toContainText('OpenRouter → Google Vertex');
  await expect(receipt.getByRole('list', { name: 'Left out' })).toContainText('NanoGPT');
  await expect(app.button('Edit route')).toBeVisible();
});

test('an answer is asked again by another way in', async ({ app, page }) => {
  await app.open(['receipts', 'catalogue']);
  await page.getByRole('button', { name: 'Answers on their way', exact: true }).click();
  await app.button('Receipt of the last answer').click();
  const receipt = page.getByRole('dialog', { name: 'Receipt' });
  await receipt.getByRole('button', { name: 'Run again, other way in' }).click();
  await page.getByRole('menuitem', { name: /^Anthropic/ }).click();
  await expect(receipt).toBeHidden();
  await app.over();
  await expect(page.getByRole('group', { name: 'Answer 2 of 2' })).toBeVisible();
  await expect(
    app.answers.last().getByRole('button', { name: /^Open the receipt/ }),
  ).toHaveAccessibleDescription(/^anthropic answered/);
});
