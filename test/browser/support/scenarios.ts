import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  ask,
  axeFindings,
  focused,
  lastTurn,
  openPage,
  sidewaysScroll,
  waitForAnswer,
  waitForDetails,
} from './page-driver.ts';

/** A gateway under the page: the real one or the fake. */
export interface Subject {
  readonly browser: Browser;
  readonly url: string;
  /** A question with an answer that cites sources. */
  readonly question: string;
  readonly chineseQuestion: string;
  /** A question that the input guard blocks; `prepareBlock` makes the fake do so. */
  readonly blockedQuestion: string;
  readonly prepareBlock: () => void;
}

const PHONE = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** What a person does with the page, whichever gateway stands behind it. */
export function describePage(subject: () => Subject): void {
  describe('a first visit', () => {
    it('says what answers and offers questions that can be asked with one press', async () => {
      const { browser, url } = subject();
      await using opened = await openPage(browser, url);
      const { page, problems } = opened;
      expect(await page.locator('.pill[data-status]').innerText()).toMatch(/^handbook ·\s+ready$/);
      expect(await page.locator('.pill.model').innerText()).toContain('glassgate-extractive');
      expect(await page.locator('.answered-by').innerText()).toMatch(
        /quotes passages of the handbook.*not a language model/s,
      );
      expect(await page.locator('.suggestions button').count()).toBeGreaterThanOrEqual(3);
      const suggestion = await page.locator('.suggestions button').first().innerText();
      await page.locator('.suggestions button').first().click();
      const turn = await waitForAnswer(page);
      expect(await turn.locator('.question').innerText()).toBe(suggestion);
      expect(await turn.getAttribute('data-status')).toBe('answered');
      expect(problems).toEqual([]);
    });
  });

  describe('an answer', () => {
    it('streams in with its sources, its time and how it came about', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page, problems } = opened;
      const turn = await ask(page, question);
      expect(await turn.getAttribute('data-status')).toBe('answered');
      expect(await turn.locator('.citation').count()).toBeGreaterThan(0);
      expect(await turn.locator('.source').count()).toBeGreaterThan(0);
      const details = await waitForDetails(page);
      await expect.poll(() => turn.locator('.details-button').innerText()).toMatch(/\d.*m?s · \d+ tokens?/);
      expect(await details.locator('.details-summary').innerText()).toMatch(/\d steps?, .*First word after/s);
      const steps = await details.locator('.waterfall tbody th').allInnerTexts();
      expect(steps).toEqual([
        'Input guard',
        'Retrieval',
        'Context guard',
        'Prompt',
        'Model',
        'Output guard',
        'Record',
      ]);
      const durations = await details.locator('.waterfall .time').allInnerTexts();
      for (const duration of durations) expect(duration).toMatch(/^(?:< )?[\d.,]+\s(?:ms|s)$/);
      expect(await details.locator('.facts').innerText()).toMatch(
        /Question\s+allowed[\s\S]*Answer\s+clean[\s\S]*Tokens/,
      );
      expect(problems).toEqual([]);
    });

    it('draws its bars where the record says, and says the same to a screen reader', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      await ask(page, question);
      const row = (await waitForDetails(page)).locator('tr[data-stage="generate"]');
      expect(await row.locator('.track').textContent()).toMatch(
        /starts at [\d.]+\sm?s, first word at [\d.]+\sm?s, ok/,
      );
      const bar = await row.locator('.bar').boundingBox();
      const waiting = await row.locator('.waiting').boundingBox();
      const track = await row.locator('.track').boundingBox();
      expect(bar?.width).toBeGreaterThan(3);
      expect(waiting?.x).toBeCloseTo(bar?.x ?? 0, 0);
      expect(waiting?.width).toBeLessThanOrEqual((bar?.width ?? 0) + 0.5);
      expect((bar?.x ?? 0) + (bar?.width ?? 0)).toBeLessThanOrEqual(
        (track?.x ?? 0) + (track?.width ?? 0) + 0.5,
      );
    });

    it('opens the passage behind a citation and gives the focus back', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      const turn = await ask(page, question);
      await waitForDetails(page);
      const citation = turn.locator('.citation').first();
      const number = await citation.innerText();
      await citation.click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      expect(await dialog.locator('.number').innerText()).toBe(number);
      expect((await dialog.locator('.passage-text').innerText()).length).toBeGreaterThan(20);
      expect(await dialog.locator('.passage-facts').innerText()).toMatch(/docs\/.*score/s);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await citation.evaluate((button) => button === document.activeElement)).toBe(true);
      await turn.locator('.source').first().click();
      await dialog.waitFor();
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'detached' });
    });

    it('can be chosen for the panel when there are several', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      await ask(page, question);
      await waitForDetails(page);
      const first = await page.locator('.trace code').getAttribute('title');
      await ask(page, question);
      await expect.poll(() => page.locator('.trace code').getAttribute('title')).not.toBe(first);
      await page.locator('.turn').first().locator('.details-button').click();
      await expect.poll(() => page.locator('.trace code').getAttribute('title')).toBe(first);
      expect(
        await page.locator('.turn').first().locator('.details-button').getAttribute('aria-pressed'),
      ).toBe('true');
    });

    it('is still there after a reload, and gone with a new conversation', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      const text = await (await ask(page, question)).locator('.answer-text').innerText();
      await page.reload();
      expect(await lastTurn(page).locator('.answer-text').innerText()).toBe(text);
      await waitForDetails(page);
      await page.getByRole('button', { name: 'New conversation' }).click();
      await page.locator('.welcome').waitFor();
      expect(await focused(page)).toBe('textarea question');
      await page.reload();
      await page.locator('.welcome').waitFor();
    });

    it('can be copied, like its trace id', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url, {
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const { page } = opened;
      const turn = await ask(page, question);
      await turn.getByRole('button', { name: 'Copy', exact: true }).last().click();
      await turn.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\[\d\]/);
      const details = await waitForDetails(page);
      await details.getByRole('button', { name: 'Copy trace id' }).click();
      await details.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^[0-9a-f]{32}$/);
    });
  });

  describe('a rating', () => {
    it('is given, changed with reasons, kept, and taken back', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page, problems } = opened;
      const turn = await ask(page, question);
      const up = turn.getByRole('button', { name: 'Helpful', exact: true });
      const down = turn.getByRole('button', { name: 'Not helpful' });
      await up.click();
      await turn.getByText('Saved, thank you.').waitFor();
      expect(await up.getAttribute('aria-pressed')).toBe('true');

      await down.click();
      await turn.getByLabel('Something is missing').check();
      await turn.getByLabel('Anything else').fill('It leaves out the port.');
      await turn.getByRole('button', { name: 'Send' }).click();
      await turn.getByText('Saved, thank you.').waitFor();
      expect(await up.getAttribute('aria-pressed')).toBe('false');

      await page.reload();
      await expect.poll(() => down.getAttribute('aria-pressed')).toBe('true');
      await turn.getByRole('button', { name: 'Change note' }).click();
      expect(await turn.getByLabel('Something is missing').isChecked()).toBe(true);
      expect(await turn.getByLabel('Anything else').inputValue()).toBe('It leaves out the port.');

      await down.click();
      await turn.getByText('Taken back.').waitFor();
      await page.reload();
      await waitForDetails(page);
      expect(await down.getAttribute('aria-pressed')).toBe('false');
      expect(problems).toEqual([]);
    });
  });

  describe('a blocked question', () => {
    it('says why in one sentence and shows where it was stopped', async () => {
      const { browser, url, blockedQuestion, prepareBlock } = subject();
      await using opened = await openPage(browser, url);
      const { page, problems } = opened;
      prepareBlock();
      const turn = await ask(page, blockedQuestion);
      expect(await turn.getAttribute('data-status')).toBe('blocked');
      const notice = await turn.locator('.notice').innerText();
      expect(notice).toMatch(/^Blocked\s+\S.*\.\s+question_blocked\s+Request \S+$/s);
      const details = await waitForDetails(page);
      expect(await details.locator('tr[data-stage="input_guard"]').getAttribute('data-outcome')).toBe(
        'blocked',
      );
      expect(await details.locator('tr[data-stage="generate"]').getAttribute('data-outcome')).toBe('skipped');
      expect(await details.locator('.facts').innerText()).toMatch(/Question\s+blocked · \S[\s\S]*-en/);
      expect(await turn.getByRole('button', { name: 'Not helpful' }).count()).toBe(1);
      expect(problems).toEqual([]);
    });
  });

  describe('in Chinese', () => {
    it('speaks it when the browser does, and switches when told to', async () => {
      const { browser, url, chineseQuestion } = subject();
      await using opened = await openPage(browser, url, { locale: 'zh-CN' });
      const { page, problems } = opened;
      expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
      expect(await page.title()).toBe('Glassgate：看得透的回答');
      const turn = await ask(page, chineseQuestion);
      expect(await turn.locator('.citation').count()).toBeGreaterThan(0);
      const details = await waitForDetails(page);
      expect(await details.locator('h2').innerText()).toBe('这个回答是怎样得出的');
      expect(await details.locator('.waterfall .time').first().innerText()).toMatch(/毫秒$/);
      await page.getByRole('button', { name: 'Switch to English' }).click();
      expect(await details.locator('h2').innerText()).toBe('How this answer came about');
      await page.reload();
      expect(await page.getAttribute('html', 'lang')).toBe('en');
      expect(problems).toEqual([]);
    });
  });

  describe('with the keyboard alone', () => {
    it('asks, reads a source and rates', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('a Skip to the question box');
      await page.keyboard.press('Enter');
      expect(await focused(page)).toBe('textarea question');
      await page.keyboard.type('first line');
      await page.keyboard.press('Shift+Enter');
      await page.keyboard.type('second line');
      expect(await page.locator('#question').inputValue()).toBe('first line\nsecond line');
      await page.keyboard.press('Control+a');
      await page.keyboard.type(question);
      await page.keyboard.press('Enter');
      const turn = await waitForAnswer(page);
      expect(await focused(page)).toBe('textarea question');
      await waitForDetails(page);
      await tabBackTo(page, /^button (?:Helpful)$/);
      await page.keyboard.press('Space');
      await turn.getByText('Saved, thank you.').waitFor();
      await tabBackTo(page, /^button 1 \S/);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await focused(page)).toMatch(/^button 1 \S/);
    });

    it('always shows where the focus is', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url);
      const { page } = opened;
      await ask(page, question);
      await waitForDetails(page);
      const unmarked = new Set<string>();
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press('Tab');
        const mark = await page.evaluate(() => {
          const element = document.activeElement ?? document.body;
          const box = element.closest('.composer-box');
          const style = getComputedStyle(element);
          // The question box marks its frame instead of the field.
          return box
            ? getComputedStyle(box).borderColor !== 'rgb(226, 229, 227)'
            : style.outlineStyle !== 'none';
        });
        if (!mark) unmarked.add(await focused(page));
      }
      expect([...unmarked].filter((name) => !name.startsWith('body'))).toEqual([]);
    });
  });

  describe('on a phone', () => {
    it('fits 320 pixels and opens the details under the answer', async () => {
      const { browser, url, question } = subject();
      await using opened = await openPage(browser, url, PHONE);
      const { page, problems } = opened;
      expect(await sidewaysScroll(page)).toBe(0);
      const turn = await ask(page, question);
      expect(await sidewaysScroll(page)).toBe(0);
      const toggle = turn.locator('.details-button');
      await expect.poll(() => toggle.innerText()).toMatch(/How this answer came about\s+[\d.]+\sm?s/);
      expect(await toggle.getAttribute('aria-expanded')).toBe('false');
      await toggle.tap();
      const details = await waitForDetails(page);
      expect(await toggle.getAttribute('aria-expanded')).toBe('true');
      expect(await details.locator('.waterfall tbody tr').count()).toBe(7);
      expect(await sidewaysScroll(page)).toBe(0);
      const cut = await details.evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(cut).toBe(0);
      await turn.locator('.source').first().tap();
      const dialog = await page.getByRole('dialog').boundingBox();
      expect(dialog?.x).toBeGreaterThanOrEqual(0);
      expect((dialog?.x ?? 0) + (dialog?.width ?? 0)).toBeLessThanOrEqual(320);
      expect(problems).toEqual([]);
    });
  });

  describe.each(['light', 'dark'] as const)('for axe, in the %s scheme', (colorScheme) => {
    it('has nothing to complain about, wherever a person gets', async () => {
      const { browser, url, question, blockedQuestion, prepareBlock } = subject();
      await using opened = await openPage(browser, url, { colorScheme });
      const { page } = opened;
      expect(await axeFindings(page)).toEqual([]);
      const turn = await ask(page, question);
      await waitForDetails(page);
      await turn.getByRole('button', { name: 'Not helpful' }).click();
      await turn.getByText('Saved, thank you.').waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await turn.locator('.source').first().click();
      await page.getByRole('dialog').waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.keyboard.press('Escape');
      prepareBlock();
      await ask(page, blockedQuestion);
      await waitForDetails(page);
      expect(await axeFindings(page)).toEqual([]);
    });

    it('has nothing to complain about on a phone in Chinese', async () => {
      const { browser, url, chineseQuestion } = subject();
      await using opened = await openPage(browser, url, { ...PHONE, colorScheme, locale: 'zh-CN' });
      const { page } = opened;
      const turn = await ask(page, chineseQuestion);
      await turn.locator('.details-button').tap();
      await waitForDetails(page);
      expect(await axeFindings(page)).toEqual([]);
    });
  });
}

/** Walks back with Shift+Tab until the focus is on what is looked for; fails when it is nowhere. */
async function tabBackTo(page: Parameters<typeof focused>[0], wanted: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Shift+Tab');
    if (wanted.test(await focused(page))) return;
  }
  throw new Error(`nothing with the name ${wanted.source} can be reached with the keyboard`);
}
