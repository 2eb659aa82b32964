/** The window as a person sees it, found by role and name. */

import { expect, test as base, type Locator, type Page } from '@playwright/test';

export class Window {
  constructor(readonly page: Page) {}

  /** Opens it in a state that lib/ipc/fake/address.ts knows. */
  async open(parts: readonly string[] = [], query = 'tick=4'): Promise<void> {
    const address = process.env['PATCHBAY_MOCK'];
    if (!address) throw new Error('serve.ts has not run');
    await this.page.goto(`${address}?with=${parts.join(',')}&${query}`);
    await expect(this.page.getByRole('main')).toBeVisible();
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: /^Message / });
  }

  get answers(): Locator {
    return this.page.getByRole('article', { name: /^Answer of/ });
  }

  get chats(): Locator {
    return this.page.getByRole('navigation', { name: 'Chats' });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async ask(question: string): Promise<void> {
    await this.composer.fill(question);
    await this.composer.press('Enter');
    await expect(this.answers.last()).toBeVisible();
  }

  /** Waits until nothing is being written any more. */
  async over(): Promise<void> {
    await expect(this.answers.last()).toHaveAttribute('aria-busy', 'false');
  }

  async askAndWait(question: string): Promise<void> {
    await this.ask(question);
    await this.over();
  }

  async choose(model: string): Promise<void> {
    await this.button(/^Model: /).click();
    await this.page.getByRole('combobox', { name: 'Search models' }).fill(model);
    await this.page.getByRole('option', { name: model }).first().click();
    await expect(this.button(`Model: ${model}`)).toBeVisible();
  }

  async addProvider(name: string, baseUrl: string, key = ''): Promise<void> {
    await this.button(/^Models & routes/).click();
    await this.button('Add provider').click();
    const form = this.page.getByRole('dialog', { name: 'Add a provider' });
    await form.getByRole('option', { name: 'Any OpenAI-compatible address' }).click();
    await form.getByLabel('Name', { exact: true }).fill(name);
    await form.getByLabel('Base URL').fill(baseUrl);
    if (key !== '') await form.getByLabel('Key', { exact: true }).fill(key);
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form).toBeHidden();
  }

  /** A provider whose models do what their names say. */
  async withScripted(model: string): Promise<void> {
    await this.addProvider('Scripted', 'https://scripted.example/v1', 'sk-scripted');
    await this.button('New chat').click();
    await this.choose(model);
  }
}

export const test = base.extend<{ app: Window }>({
  app: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      const isFavicon = message.location().url.endsWith('favicon.ico');
      if (message.type() === 'error' && !isFavicon) faults.push(message.text());
    });
    await use(new Window(page));
    expect(faults, 'nothing goes wrong in the console').toEqual([]);
  },
});

export { expect };
