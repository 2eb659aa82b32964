import { expect, test } from './window';

const openLab = async (app: {
  button: (name: string | RegExp) => { click: () => Promise<void> };
}) => app.button(/^Models & routes/).click();

test('ways in are measured against the direct one, and the table is taken along', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.open(['catalogue']);
  await openLab(app);
  const panel = page.getByRole('region', { name: /^Latency lab/ });
  await panel.getByRole('button', { name: 'Measure' }).click();
  const lab = page.getByRole('dialog', { name: 'Latency lab' });

  await lab.getByRole('button', { name: 'All 3 ways in of gemini-flash' }).click();
  const chosen = lab.getByRole('list', { name: 'Chosen ways in' }).getByRole('listitem');
  await expect(chosen).toHaveCount(3);
  await expect(chosen.first()).toContainText('Google AI Studio');
  await expect(chosen.first()).toContainText('direct');
  await expect(lab.getByRole('status').filter({ hasText: '60 requests' })).toContainText('about $');

  await lab.getByLabel('Rounds').fill('0');
  await expect(lab.getByLabel('Rounds')).toHaveAttribute('aria-invalid', 'true');
  await expect(lab.getByText('There are 1 to 200 rounds.')).toBeVisible();
  await lab.getByLabel('Rounds').fill('8');
  await lab.getByLabel('Rounds').press('Enter');

  await expect(lab.getByRole('progressbar', { name: 'Measuring' })).toHaveCount(0);
  const row = (name: string) => lab.getByRole('row', { name });
  await expect(lab.getByRole('row')).toHaveCount(4);
  await expect(row('Google AI Studio, direct')).toContainText('the baseline');
  await expect(row('OpenRouter → Google Vertex')).toContainText(/\+\d+ ms/);
  await expect(row('NanoGPT → Google AI Studio')).toContainText(/\+\d+ to \+\d+ ms/);
  await expect(lab.getByText(/Cost:/)).toContainText('$0.00');

  for (const [item, beginning] of [
    ['Copy as Markdown', '| Way in |'],
    ['Copy as CSV', 'round,provider'],
    ['Copy as JSON', '{'],
  ] as const) {
    await lab.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(new RegExp(`^${beginning.replaceAll('|', '\\|').replace('{', '\\{')}`));
  }
  await page.keyboard.press('Escape');
  await expect(lab).toBeHidden();
  await expect(panel.getByRole('row')).toHaveCount(4);
});

test('a measurement goes on while the view is left, and is stopped', async ({ app, page }) => {
  await app.open(['catalogue', 'history'], 'tick=30');
  await openLab(app);
  const panel = page.getByRole('region', { name: /^Latency lab/ });
  await panel.getByRole('button', { name: 'Measure' }).click();
  const lab = page.getByRole('dialog', { name: 'Latency lab' });
  await lab.getByRole('button', { name: /of gemini-flash/ }).click();
  await lab.getByLabel('Rounds').fill('200');
  await lab.getByRole('button', { name: 'Measure' }).click();
  await expect(lab.getByRole('progressbar', { name: 'Measuring' })).toBeVisible();
  await page.keyboard.press('Escape');
  await app.button('New chat').click();
  await expect(app.composer).toBeVisible();
  await openLab(app);
  const progress = panel.getByRole('progressbar', { name: 'Measuring' });
  const before = Number(await progress.getAttribute('aria-valuenow'));
  await expect
    .poll(async () => Number(await progress.getAttribute('aria-valuenow')))
    .toBeGreaterThan(before);
  await panel.getByRole('button', { name: 'Watch' }).click();
  await lab.getByRole('button', { name: 'Stop' }).click();
  await expect(lab.getByText(/stopped after \d+ of 600/).first()).toBeVisible();
  await expect(lab.getByRole('button', { name: 'Measure again' })).toBeVisible();
});

test('one that was begun before the window was there is found and followed', async ({
  app,
  page,
}) => {
  await app.open(['catalogue', 'lab-running'], 'tick=40');
  await openLab(app);
  const panel = page.getByRole('region', { name: /^Latency lab/ });
  await expect(panel).toContainText(/\d+ of 600 done/);
  const done = async () => Number(/(\d+) of 600 done/.exec((await panel.textContent()) ?? '')?.[1]);
  const before = await done();
  await expect.poll(done).toBeGreaterThan(before);
  await panel.getByRole('button', { name: 'Stop' }).click();
  await expect(panel).toContainText(/stopped after \d+ of 600/);
});

test('the lab is used from the keyboard alone, in a small window', async ({ app, page }) => {
  await app.open(['catalogue', 'lab']);
  await page.setViewportSize({ width: 900, height: 600 });
  await openLab(app);
  const panel = page.getByRole('region', { name: /^Latency lab/ });
  await panel.getByRole('button', { name: 'Open' }).focus();
  await page.keyboard.press('Enter');
  const lab = page.getByRole('dialog', { name: 'Latency lab' });
  await expect(lab.getByRole('row')).toHaveCount(4);

  await lab.getByRole('button', { name: 'Delete this measurement' }).focus();
  await page.keyboard.press('Enter');
  await expect(lab.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(lab.getByRole('button', { name: 'Delete this measurement' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(lab.getByRole('region', { name: 'New measurement' })).toBeFocused();
  await expect(lab.getByRole('region', { name: 'Measurements' }).getByRole('button')).toHaveCount(
    1,
  );

  await lab.getByRole('searchbox', { name: 'Find ways in' }).focus();
  await page.keyboard.type('gpt-oss');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await expect(lab.getByRole('list', { name: 'Chosen ways in' })).toContainText('gpt-oss-120b');
  await lab.getByRole('searchbox', { name: 'Find ways in' }).focus();
  await page.keyboard.press('Escape');
  await expect(lab.getByRole('list', { name: 'Found ways in' })).toHaveCount(0);
  await expect(lab).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(lab).toBeHidden();
  await expect(panel.getByRole('button', { name: /Open|Measure/ }).first()).toBeVisible();
});
