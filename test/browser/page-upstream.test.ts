import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { holdStreams } from '../support/held-stream.ts';
import { launchBrowser } from './support/browser.ts';
import { ask, lastTurn, openPage, waitForAnswer, waitForDetails } from './support/page-driver.ts';

const QUESTION = 'What happens when a retrieved passage is suspicious?';
const FIRST_WORDS = 'The first words of a long answer';

let browser: Browser;
let upstream: FakeUpstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const env = { GLASSGATE_UPSTREAM_MAX_RETRIES: '0' };
  [browser, gateway] = await Promise.all([launchBrowser(), startGateway({ upstreamUrl: upstream.url, env })]);
});

afterAll(async () => {
  await browser.close();
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

const open = () => openPage(browser, gateway.url);

describe('with a model server behind the whole gateway', () => {
  it('names the model that writes the answers', async () => {
    await using opened = await open();
    expect(await opened.page.locator('.pill.model').innerText()).toContain(FAKE_MODEL);
    expect(await opened.page.locator('.answered-by').innerText()).toContain(`written by ${FAKE_MODEL}`);
  });

  it('stops the model with the answer', async () => {
    upstream.reply(holdStreams(FAKE_MODEL).reply);
    await using opened = await open();
    const { page, problems } = opened;
    await page.locator('#question').fill(QUESTION);
    await page.locator('#question').press('Enter');
    await page.getByText(FIRST_WORDS).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(await upstream.requests.at(-1)?.ended).toBe('aborted');
    const turn = await waitForAnswer(page);
    expect(await turn.locator('.answer').innerText()).toMatch(
      /The first words[\s\S]*You stopped this answer\./,
    );
    const details = await waitForDetails(page);
    expect(await details.locator('[data-stage="generate"]').getAttribute('data-outcome')).toBe('aborted');
    expect(problems).toEqual([]);
  });

  it('shows the whole answer when the model goes on', async () => {
    const held = holdStreams(FAKE_MODEL);
    upstream.reply(held.reply);
    await using opened = await open();
    const { page } = opened;
    await page.locator('#question').fill(QUESTION);
    await page.locator('#question').press('Enter');
    await page.getByText(FIRST_WORDS).waitFor();
    expect(await lastTurn(page).getAttribute('data-status')).toBe('streaming');
    held.release();
    const turn = await waitForAnswer(page);
    expect(await turn.locator('.answer-text').innerText()).toMatch(/not over yet\. And its last words\.$/);
  });

  it('keeps the part that came when the model server breaks off', async () => {
    upstream.reply(async (response) => {
      const chunk = { choices: [{ index: 0, delta: { content: 'Half an answer' }, finish_reason: null }] };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      await new Promise((resolve) => response.write(`data: ${JSON.stringify(chunk)}\n\n`, resolve));
      response.destroy();
    });
    await using opened = await open();
    const { page } = opened;
    const turn = await ask(page, QUESTION);
    expect(await turn.locator('.answer').innerText()).toMatch(
      /Half an answer[\s\S]*The answer broke off\s+The model server broke off its answer\.\s+stream_interrupted\s+Request \S+\s+Try again/,
    );
    const details = await waitForDetails(page);
    expect(await details.locator('[data-stage="generate"]').getAttribute('data-outcome')).toBe('failed');
  });

  it('says in a sentence that the model server is at its limit, and tries again when told to', async () => {
    const held = holdStreams(FAKE_MODEL);
    held.release();
    upstream.reply((response) => {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(
        '{"error":{"message":"internal detail","type":"Service Unavailable","param":null,"code":503}}',
      );
    }, held.reply);
    await using opened = await open();
    const turn = await ask(opened.page, QUESTION);
    const notice = await turn.locator('.notice').innerText();
    expect(notice).toMatch(
      /The model server is at its limit: wait a little and try again\.\s+upstream_overloaded/,
    );
    expect(notice).not.toContain('internal detail');
    await turn.getByRole('button', { name: 'Try again' }).click();
    await opened.page.locator('.turn[data-status="answered"]').waitFor();
  });
});
