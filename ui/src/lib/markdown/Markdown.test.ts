import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { describe, expect, it, vi } from 'vitest';

import Markdown from './Markdown.svelte';
import MarkdownFixture from './MarkdownFixture.test.svelte';

describe('Markdown', () => {
  it('draws each kind of block and word', () => {
    const { container } = render(Markdown, {
      text: `# Head

A **bold** *slanted* ~~struck~~ \`code\` word<br>and &amp; more.

- [x] done
- [ ] open

3. three

> quoted

| a | b |
|:-:|--:|
| 1 | 2 |

\`\`\`rust
let a = 1;
\`\`\`

---
`,
    });
    expect(screen.getByRole('heading', { level: 3, name: 'Head' })).toBeTruthy();
    for (const tag of ['strong', 'em', 'del', 'p code', 'br', 'blockquote', 'hr', 'td.right']) {
      expect(container.querySelector(tag), tag).not.toBeNull();
    }
    expect(screen.getByText(/and & more\./)).toBeTruthy();
    expect(screen.getAllByRole('checkbox', { name: 'Done' })).toHaveLength(1);
    expect(container.querySelector('ol')?.start).toBe(3);
    expect(screen.getAllByRole('columnheader').map((cell) => cell.textContent)).toEqual(['a', 'b']);
    const code = screen.getByRole('group', { name: 'Rust code' });
    expect(within(code).getByText('let a = 1;')).toBeTruthy();
  });

  it('keeps the elements of settled blocks while more arrives, and of the tail when it settles', async () => {
    const { container, rerender } = render(Markdown, { text: 'One.\n\nTw', streaming: true });
    const [first, second] = container.querySelectorAll('p');
    await rerender({ text: 'One.\n\nTwo.\n\n- three\n', streaming: true });
    await rerender({ text: 'One.\n\nTwo.\n\n- three\n\nFour', streaming: false });
    const after = container.querySelectorAll('p');
    expect(after[0]).toBe(first);
    expect(after[1]).toBe(second);
    expect(second?.textContent).toBe('Two.');
  });

  it('is never HTML, whatever the text is', async () => {
    const attacks = [
      '<script>window.attacked = true</script>',
      '<img src=x onerror="window.attacked = true">',
      'a <b onclick="window.attacked = true">b</b>',
      '<iframe srcdoc="<script>parent.attacked = true</script>"></iframe>',
      '<svg onload="window.attacked = true"></svg>',
      '<div><div><style>* { display: none }</style></div></div>',
      '[a](javascript:window.attacked=true) <a href="javascript:window.attacked=true">b</a>',
      '![a"onerror="window.attacked=true](https://e.example/x.png)',
      '```html\n<script>window.attacked = true</script>\n```',
      '`<script>window.attacked = true</script>`',
      '| <script>window.attacked = true</script> |\n|---|\n| <img src=x onerror=x> |',
      '$\\href{javascript:window.attacked=true}{x}$ $\\htmlData{a=b}{x}$ $<img src=x>$',
    ];
    const { container } = render(Markdown, { text: attacks.join('\n\n') });
    await tick();
    const refused = 'script, img, iframe, object, embed, style, link, form, [onclick], [onerror]';
    expect(container.querySelector(refused)).toBeNull();
    for (const link of container.querySelectorAll('a')) {
      expect(link.getAttribute('href')).toMatch(/^(https?|mailto):/);
    }
    expect(container.textContent).toContain('<script>window.attacked = true</script>');
    expect('attacked' in window).toBe(false);
  });

  it('hands links and images to its surroundings, and goes nowhere itself', async () => {
    const onlink = vi.fn();
    render(MarkdownFixture, {
      text: '[docs](https://docs.example/a) and ![chart](https://images.example/p.png)',
      onlink,
    });
    const user = userEvent.setup();
    const link = screen.getByRole('link', { name: 'docs' });
    expect(link.title).toBe('https://docs.example/a');
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    link.dispatchEvent(click);
    expect(click.defaultPrevented).toBe(true);
    await user.click(
      screen.getByRole('button', { name: 'Open image: chart, from images.example' }),
    );
    expect(onlink.mock.calls).toEqual([
      ['https://docs.example/a'],
      ['https://images.example/p.png'],
    ]);
  });

  it('copies code as it was written', async () => {
    const user = userEvent.setup();
    render(Markdown, { text: '```python\nprint("<b>")\n\n  x\n```' });
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await navigator.clipboard.readText()).toBe('print("<b>")\n\n  x');
    expect(screen.getByRole('button', { name: 'Copied' })).toBeTruthy();
  });

  it('draws formulas as MathML, and shows the source of one that cannot be read', async () => {
    const { container } = render(Markdown, {
      text: 'It is $E = mc^2$ for $5 and $10.\n\n$$\n\\frac{1}{2}\n$$\n\n$\\notacommand{$',
    });
    expect(screen.getByText('E = mc^2')).toBeTruthy();
    await vi.waitFor(() => expect(container.querySelectorAll('math')).toHaveLength(2), 60_000);
    expect(container.querySelector('math[display="block"] mfrac')).not.toBeNull();
    expect(container.querySelector('p')?.textContent).toContain('for $5 and $10.');
    expect(screen.getByText('\\notacommand{')).toBeTruthy();
  }, 120_000);

  it('shows where the next words will come while they are coming', async () => {
    const { container, rerender } = render(Markdown, { text: 'One', streaming: true });
    expect(container.querySelector('.markdown.streaming')).not.toBeNull();
    await rerender({ text: 'One.', streaming: false });
    expect(container.querySelector('.streaming')).toBeNull();
  });
});
