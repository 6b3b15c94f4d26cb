import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** A page as one visitor has it, in a browser profile of its own. Use it with `await using`. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Script errors, console errors, refusals of the security policy and requests to other hosts. */
  readonly problems: readonly string[];
}

/** The desktop of the reference pictures. */
const DESKTOP: BrowserContextOptions = { viewport: { width: 1240, height: 760 }, locale: 'en-US' };

/** Chromium writes this for every 4xx and 5xx; the page shows those itself. */
const NETWORK_STATUS = /^Failed to load resource: (?:the server responded with a status of|net::ERR_)/;

/** Opens the page and waits until it knows its gateway. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ ...DESKTOP, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !NETWORK_STATUS.test(message.text())) problems.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) problems.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  await page.locator('.pill[data-status="ready"], .key-form').first().waitFor({ state: 'attached' });
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

/** The newest question with its answer. */
export function lastTurn(page: Page): Locator {
  return page.locator('.turn').last();
}

/** Writes a question, sends it with Enter and waits until its answer is final. */
export async function ask(page: Page, question: string): Promise<Locator> {
  const count = await page.locator('.turn').count();
  await page.locator('#question').fill(question);
  await page.locator('#question').press('Enter');
  await page.locator('.turn').nth(count).waitFor();
  return waitForAnswer(page);
}

/** Waits until the newest turn is final. */
export async function waitForAnswer(page: Page): Promise<Locator> {
  const isFinal = ['answered', 'stopped', 'blocked', 'failed'].map(
    (status) => `.turn:last-child[data-status="${status}"]`,
  );
  await page.locator(isFinal.join()).waitFor();
  return lastTurn(page);
}

/** Waits until the panel shows the record of the selected answer. */
export async function waitForDetails(page: Page): Promise<Locator> {
  const details = page.locator('.details-body').last();
  await details.locator('.waterfall').waitFor();
  return details;
}

/** What axe finds, in one line each: rule, weight and place. Empty when the page is accessible as far as axe can tell. */
export async function axeFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((node) => `${id} (${impact}): ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

/** How far the page can be scrolled sideways: 0 on a page that fits. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The role and name of what has the keyboard's focus, as a screen reader would say it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const label = element?.getAttribute('aria-label') ?? element?.textContent ?? '';
    return `${element?.tagName.toLowerCase()} ${element?.id || label.trim()}`;
  });
}
