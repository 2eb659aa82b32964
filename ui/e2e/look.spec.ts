/**
 * What no single journey sees: contrast and names everywhere, and nothing cut off in any size.
 *
 * Long because every scene of the window is in its list.
 */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test, type Window } from './window';

interface Scene {
  name: string;
  parts: string[];
  go: (app: Window, page: Page) => Promise<void>;
}

const openChat = async (page: Page) => {
  await page.getByRole('button', { name: 'Rust channel back-pressure', exact: true }).click();
  await expect(page.getByRole('article').last()).toBeVisible();
};

const openPicker = async (app: Window) => {
  await app.button(/^Models & routes/).click();
  await app.button('Add provider').click();
};

const openComparison = async (app: Window, page: Page, name: RegExp) => {
  await app.button(/^Compare/).click();
  await page.getByRole('button', { name }).first().click();
  await expect(page.getByRole('button', { name: 'Run on 3' })).toBeVisible();
};

const openSpendTab = async (app: Window, page: Page, tab: string) => {
  await app.button(/^Spend/).click();
  await page.getByRole('tab', { name: tab }).click();
};

const openSpend = async (page: Page, days = 'Last 30 days', split = 'Provider') => {
  await page
    .getByRole('navigation', { name: 'Views' })
    .getByRole('button', { name: 'Spend' })
    .click();
  await page.getByRole('combobox', { name: /^Days/ }).click();
  await page.getByRole('option', { name: days }).click();
  await page.getByRole('combobox', { name: /^Split by/ }).click();
  await page.getByRole('option', { name: split }).click();
  await expect(page.getByRole('heading', { name: /^By (day|week|month) and/ })).toContainText(
    split.toLowerCase(),
  );
};

const SCENES: Scene[] = [
  {
    name: 'no comparison yet',
    parts: ['provider'],
    go: async (app) => app.button(/^Compare/).click(),
  },
  {
    name: 'answers side by side',
    parts: ['compare'],
    go: async (app, page) => {
      await openComparison(app, page, /^Rust channel/);
      await expect(page.getByRole('article')).toHaveCount(3);
    },
  },
  {
    name: 'answers whose names are hidden',
    parts: ['compare'],
    go: async (app, page) => {
      await openComparison(app, page, /^Rust channel/);
      await app.button('Blind').click();
    },
  },
  {
    name: 'the table of a comparison',
    parts: ['compare'],
    go: (app, page) => openComparison(app, page, /^Trip plans/),
  },
  {
    name: 'one case of a comparison',
    parts: ['compare'],
    go: async (app, page) => {
      await openComparison(app, page, /^Trip plans/);
      await page.getByRole('row').nth(3).click();
      await expect(page.getByRole('article')).toHaveCount(3);
    },
  },
  {
    name: 'a comparison while it is set up',
    parts: ['compare'],
    go: async (app, page) => {
      await openComparison(app, page, /^Trip plans/);
      await app.button('More').click();
      await page.getByLabel('Repeats').fill('often');
      await expect(page.getByText(/There are 1 to 50 repeats/).last()).toBeVisible();
    },
  },
  {
    name: 'what is set about a column',
    parts: ['compare'],
    go: async (app, page) => {
      await openComparison(app, page, /^Rust channel/);
      await app.button(/^Column claude/).click();
    },
  },
  { name: 'an empty chat', parts: [], go: () => Promise.resolve() },
  { name: 'a missing local model', parts: ['local-missing'], go: () => Promise.resolve() },
  { name: 'answers', parts: ['history'], go: (_, page) => openChat(page) },
  {
    name: 'a failed answer',
    parts: [],
    go: async (app) => {
      await app.withScripted('fail-authentication');
      await app.askAndWait('Hello?');
    },
  },
  {
    name: 'a receipt',
    parts: ['history'],
    go: async (app, page) => {
      await openChat(page);
      await app.button('Receipt of the last answer').click();
    },
  },
  {
    name: 'a receipt of a long way',
    parts: ['receipts', 'catalogue'],
    go: async (app, page) => {
      await app.button('Receipts: find answers').click();
      await page.getByRole('button', { name: /What is left when everything fails/ }).click();
      await expect(page.getByRole('dialog', { name: 'Receipt' })).toBeVisible();
    },
  },
  {
    name: 'a receipt of a route',
    parts: ['receipts', 'catalogue'],
    go: async (app, page) => {
      await app.button('Receipts: find answers').click();
      await page.getByRole('button', { name: /A chat that was deleted/ }).click();
      await expect(page.getByRole('region', { name: 'Who read it' })).toBeAttached();
    },
  },
  {
    name: 'the list of receipts',
    parts: ['receipts', 'catalogue'],
    go: async (app, page) => {
      await app.button('Receipts: find answers').click();
      await page.getByRole('textbox', { name: 'First token after' }).fill('x');
      await expect(page.getByRole('main').getByRole('listitem')).toHaveCount(6);
    },
  },
  {
    name: 'no receipts yet',
    parts: [],
    go: async (app) => app.button('Receipts: find answers').click(),
  },
  {
    name: 'the list of models',
    parts: ['history'],
    go: async (app) => app.button(/^Model: /).click(),
  },
  {
    name: 'the parameters',
    parts: [],
    go: async (app) => app.button('Parameters').click(),
  },
  {
    name: 'the system prompt',
    parts: [],
    go: async (app) => app.button('System prompt').click(),
  },
  {
    name: 'news',
    parts: ['history'],
    go: async (app, page) => {
      await openChat(page);
      await page.keyboard.press('Control+k');
      await page.keyboard.type('delete');
      await expect(page.getByRole('option', { name: /^Delete/ })).toHaveAttribute(
        'data-selected',
        '',
      );
      await page.keyboard.press('Enter');
      await expect(app.button('Undo')).toBeVisible();
    },
  },
  {
    name: 'models and routes',
    parts: ['history', 'vault-locked'],
    go: async (app) => app.button(/^Models & routes/).click(),
  },
  {
    name: 'a long list of models, unfolded',
    parts: ['catalogue'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await page.getByRole('row', { name: /gpt-oss/ }).click();
      await page.getByRole('row', { name: /claude-sonnet/ }).click();
    },
  },
  {
    name: 'the newest measurement of the latency lab',
    parts: ['catalogue', 'lab-running', 'history'],
    go: async (app) => app.button(/^Models & routes/).click(),
  },
  {
    name: 'a measurement of the latency lab',
    parts: ['catalogue', 'lab'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await app.button('Open').click();
      await page.getByRole('button', { name: /stopped after/ }).click();
      await app.button('Delete this measurement').click();
    },
  },
  {
    name: 'the form of the latency lab',
    parts: ['catalogue', 'lab'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await app.button('Measure').click();
      await app.button(/of gemini-flash$/).click();
      await page.getByRole('searchbox', { name: 'Find ways in' }).fill('gpt-oss');
      await page.getByRole('textbox', { name: 'Rounds' }).fill('500');
    },
  },
  {
    name: 'what can be searched for',
    parts: ['catalogue'],
    go: async (app) => {
      await app.button(/^Models & routes/).click();
      await app.button('What can be searched for').click();
    },
  },
  {
    name: 'the details of a way in',
    parts: ['catalogue'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await page.getByRole('row', { name: /gemini-pro/ }).click();
      await app.button('Prices & details of gemini-pro by OpenRouter').click();
      await page.getByText('Your own price').click();
    },
  },
  {
    name: 'routes, and ways in that were measured',
    parts: ['catalogue', 'routes'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await page.getByRole('row', { name: /claude-sonnet/ }).click();
    },
  },
  {
    name: 'the editor of a route, unfolded',
    parts: ['catalogue', 'routes'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await app.button('Edit everyday').click();
      const form = page.getByRole('dialog', { name: /^Route/ });
      for (const fold of ['Limits', 'Patience', 'When it fails']) {
        await form.getByText(fold, { exact: true }).click();
      }
      await form.getByLabel('Price of an answer').fill('cheap');
      await expect(form.getByText(/^That is no amount/)).toBeVisible();
    },
  },
  {
    name: 'the test of a route',
    parts: ['catalogue', 'routes'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await app.button('Test everyday').click();
      await page.getByRole('button', { name: /Out of service \(503\)/ }).click();
    },
  },
  {
    name: 'what a route would do',
    parts: ['catalogue', 'routes'],
    go: async (app, page) => {
      await app.button(/^Model: /).click();
      await page.getByRole('option', { name: /^everyday/ }).click();
      await app.button(/^route: cheapest healthy/).click();
      await expect(page.getByText(/ways in for about/)).toBeVisible();
    },
  },
  {
    name: 'a picker of many models',
    parts: ['many'],
    go: async (app, page) => {
      await app.button(/^Model: /).click();
      await page.keyboard.press('ArrowRight');
    },
  },
  {
    name: 'the form of a provider',
    parts: ['vault-locked'],
    go: async (app, page) => {
      await openPicker(app);
      await page.getByRole('option', { name: 'Alibaba (Qwen)' }).click();
      await page.getByText('More settings').click();
      await app.button('Add a header').click();
      await page.getByLabel('Key', { exact: true }).fill('sk-ant-0123456789abcdef');
      await app.button('Test').click();
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'spend before there is any',
    parts: [],
    go: async (_, page) => {
      await page
        .getByRole('navigation', { name: 'Views' })
        .getByRole('button', { name: 'Spend' })
        .click();
      await expect(page.getByRole('heading', { name: 'Nothing was spent yet' })).toBeVisible();
    },
  },
  {
    name: 'spend by day, with a bar looked at',
    parts: ['spend', 'history', 'budget-saving'],
    go: async (_, page) => {
      await openSpend(page);
      await page.locator('[data-bar]').nth(20).focus();
    },
  },
  {
    name: 'a year of spend by model, as a table',
    parts: ['spend', 'history', 'budget-spent'],
    go: async (app, page) => {
      await openSpend(page, 'Last 365 days', 'Model');
      await app.button('Show as table').click();
    },
  },
  {
    name: 'spend of one’s own days, by key',
    parts: ['spend', 'history', 'budget-fine'],
    go: async (_, page) => {
      await openSpend(page, 'Own dates', 'Key');
      await page.getByRole('textbox', { name: 'From' }).fill('2199-01-01');
    },
  },
  {
    name: 'the answers behind a bar',
    parts: ['spend', 'history'],
    go: async (_, page) => {
      await openSpend(page);
      await page.locator('[data-bar]').last().press('Enter');
      await expect(page.getByRole('dialog').getByRole('listitem').first()).toBeVisible();
    },
  },
  {
    name: 'another currency for spend, refused',
    parts: ['spend', 'history'],
    go: async (app, page) => {
      await openSpend(page);
      await app.button('More about amounts').click();
      await page.getByRole('menuitem').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Show' }).click();
      await expect(page.getByText('A currency has three letters.')).toBeVisible();
    },
  },
  {
    name: 'the gateway before anything uses it',
    parts: [],
    go: async (app) => app.button(/^Gateway/).click(),
  },
  {
    name: 'the gateway, with apps and what they ask',
    parts: ['catalogue', 'routes', 'gateway', 'spend', 'history'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await expect(page.getByRole('table', { name: 'Traffic' })).toBeVisible();
    },
  },
  {
    name: 'where a collector is set up',
    parts: ['catalogue', 'routes', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button('Set up a collector').click();
      await page.getByLabel(/^Header with a secret/).fill('Authorization');
      await expect(page.getByLabel('What it holds')).toBeVisible();
    },
  },
  {
    name: 'a gateway that does not listen',
    parts: ['catalogue', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button('Port 4180').click();
      const port = page.getByRole('dialog', { name: 'Port' }).getByRole('textbox');
      await port.fill('8080');
      await port.press('Enter');
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
  {
    name: 'the form of an app, with what is wrong',
    parts: ['catalogue', 'routes', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button('Mail triage').click();
      const form = page.getByRole('dialog', { name: 'Edit app' });
      await form.getByLabel('Last day').fill('soon');
      await form.getByLabel('Web pages that may ask').fill('everyone');
      await form.getByRole('button', { name: 'Save app' }).click();
      await expect(form.getByText(/^A date such as/)).toBeVisible();
    },
  },
  {
    name: 'a new token',
    parts: ['catalogue', 'routes', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button('More for the app Editor').click();
      await page.getByRole('menuitem', { name: 'New token…' }).click();
      await app.button('Make a new token').click();
      await page.getByRole('tab', { name: 'Claude Code' }).last().click();
    },
  },
  {
    name: 'a name for a snippet, looked for',
    parts: ['many', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button(/^Model in the snippet/).click();
      await page.getByRole('searchbox', { name: 'Find a model or a route' }).fill('no-such');
    },
  },
  {
    name: 'a request of an app',
    parts: ['catalogue', 'gateway'],
    go: async (app, page) => {
      await app.button(/^Gateway/).click();
      await app.button(/^Open the request of Nightly digest for everyday/).click();
      await expect(page.getByRole('region', { name: 'Tools that it calls' })).toBeVisible();
    },
  },
  { name: 'the settings', parts: [], go: async (app) => app.button(/^Settings/).click() },
  { name: 'the palette', parts: ['history'], go: (_, page) => page.keyboard.press('Control+k') },
  {
    name: 'the keyboard sheet',
    parts: [],
    go: async (_, page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('keyboard');
      await expect(page.getByRole('option', { name: /^Keyboard/ })).toHaveAttribute(
        'data-selected',
        '',
      );
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
    },
  },
  { name: 'a storage problem', parts: ['storage-problem'], go: () => Promise.resolve() },
  {
    name: 'the picker of providers',
    parts: [],
    go: async (app, page) => {
      await openPicker(app);
      await page.keyboard.type('a');
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'no provider of that name',
    parts: [],
    go: async (app, page) => {
      await openPicker(app);
      await page.keyboard.type('nobody');
    },
  },
  {
    name: 'the form of Google’s cloud',
    parts: [],
    go: async (app, page) => {
      await openPicker(app);
      await page.getByRole('option', { name: 'Google Vertex AI' }).click();
    },
  },
  {
    name: 'keys of every kind',
    parts: ['keys'],
    go: async (app, page) => {
      await app.button(/^Models & routes/).click();
      await app.button('Actions for the key home of OpenRouter').click();
      await page.getByRole('menuitem', { name: 'Test' }).click();
      await expect(page.getByRole('alert')).toBeVisible();
      await app.button('Actions for the key work of OpenRouter').click();
      await page.getByRole('menuitem', { name: 'Remove' }).click();
      await app.button('Add a key to Groq').click();
    },
  },
  {
    name: 'what a key can do',
    parts: ['keys'],
    go: async (app) => {
      await app.button(/^Models & routes/).click();
      await app.button('Actions for the key work of OpenRouter').click();
    },
  },
  {
    name: 'prices, with every way in to a model',
    parts: ['spend', 'history', 'catalogue'],
    go: async (app, page) => {
      await openSpendTab(app, page, 'Prices');
      await page.getByRole('button', { name: /^Show the prices behind deepseek/ }).click();
      await app.button('Show every way in to deepseek-reasoner').click();
      await page.getByText('The numbers behind it').first().click();
    },
  },
  {
    name: 'budgets and free allowances',
    parts: ['spend', 'history', 'catalogue'],
    go: (app, page) => openSpendTab(app, page, 'Budgets'),
  },
  {
    name: 'no budget yet',
    parts: ['catalogue'],
    go: (app, page) => openSpendTab(app, page, 'Budgets'),
  },
  {
    name: 'the form of a budget, with what is wrong',
    parts: ['spend', 'catalogue', 'routes'],
    go: async (app, page) => {
      await openSpendTab(app, page, 'Budgets');
      await app.button('New budget').click();
      await page.getByLabel('What it holds').click();
      await page.getByRole('option', { name: /^One model/ }).click();
      await page.getByRole('checkbox', { name: 'Take cheaper ways in' }).check();
      await page.getByLabel('From, in %').last().fill('often');
      await app.button('Save budget').click();
    },
  },
  {
    name: 'proof',
    parts: ['spend', 'history', 'keys'],
    go: async (app, page) => {
      await openSpendTab(app, page, 'Proof');
      await page
        .getByText(/readings of the balance/)
        .first()
        .click();
    },
  },
  {
    name: 'what pricing again would change',
    parts: ['spend', 'history', 'keys'],
    go: async (app, page) => {
      await openSpendTab(app, page, 'Proof');
      await app.button('Price gpt-oss-120b by Together now').click();
      await expect(page.getByText('12 attempts of 14 would change.')).toBeVisible();
    },
  },
  {
    name: 'a bill beside the ledger',
    parts: ['spend', 'history', 'keys'],
    go: async (app, page) => {
      await openSpendTab(app, page, 'Proof');
      const buffer = Buffer.from('date,model\n1,2\n?,3\n');
      const file = { name: 'activity.csv', mimeType: 'text/csv', buffer };
      await page.getByLabel('File of usage').setInputFiles(file);
      await expect(page.getByRole('dialog', { name: 'activity.csv' })).toBeVisible();
    },
  },
];

/** Words that are cut off without a sign of it, and things beyond the edge of the window. */
function findCutOff(): string[] {
  const found: string[] = [];
  const root = document.scrollingElement;
  if (root && root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  for (const element of document.querySelectorAll<HTMLElement>('#app *, [role=dialog] *')) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width <= 1 || box.height <= 1 || style.visibility === 'hidden') continue;
    const name = `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} "${element.textContent.trim().slice(0, 40)}"`;
    const isCut = element.scrollWidth - element.clientWidth > 1 && style.overflowX === 'hidden';
    if (isCut && style.textOverflow !== 'ellipsis' && element.clientWidth > 1) {
      found.push(`cut off: ${name}`);
    }
    const parent = element.parentElement;
    const isShortened = parent !== null && getComputedStyle(parent).textOverflow === 'ellipsis';
    const isInScroller = element.closest('pre, .table, .columns') !== null;
    if (box.right > innerWidth + 1 && !isInScroller && !isShortened)
      found.push(`beyond the edge: ${name}`);
  }
  return found;
}

test('what is typed takes the colour of a new theme with it, without motion too', async ({
  app,
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce', contrast: 'more' });
  await app.open(['catalogue', 'lab']);
  await app.button(/^Models & routes/).click();
  await app.button('Measure').click();
  const rounds = page.getByRole('textbox', { name: 'Rounds' });
  for (const theme of ['light', 'dark', 'light']) {
    await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme);
    const ink = await page.evaluate(() => getComputedStyle(document.body).color);
    await expect(rounds).toHaveCSS('color', ink);
  }
});

for (const scene of SCENES) {
  test(`${scene.name}: names, contrast and room`, async ({ app, page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await app.open(scene.parts);
    await scene.go(app, page);
    for (const theme of ['light', 'dark']) {
      await page.evaluate(async (value) => {
        document.documentElement.dataset['theme'] = value;
        // Colours that fade begin to do so a frame later, and have their last value when they are done.
        await new Promise((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        });
        const fades = document.getAnimations().filter((each) => each instanceof CSSTransition);
        await Promise.all(fades.map((fade) => fade.finished.catch(() => undefined)));
      }, theme);
      // Names and roles are the same in both; colours are not.
      const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
      if (theme === 'dark') axe.withRules(['color-contrast']);
      const { violations } = await axe.analyze();
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
      expect(serious, `axe in ${theme}`).toEqual([]);
    }
    for (const [width, height] of [
      [1360, 860],
      [900, 600],
      [680, 430],
    ] as const) {
      await page.setViewportSize({ width, height });
      // What floats finds its new place a moment after the window has its new size.
      await expect
        .poll(() => page.evaluate(findCutOff), { message: `${width} x ${height}` })
        .toEqual([]);
    }
  });
}
