import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeGateway, type FakeGateway } from '../../test/browser/support/fake-gateway.ts';
import { createClient } from './api/client.ts';
import { createGatewayStore, type GatewayStore } from './gateway-store.ts';

let fake: FakeGateway;
let store: GatewayStore;
let apiKey: string | undefined;

beforeEach(async () => {
  fake = await startFakeGateway('');
  apiKey = undefined;
  const keys = { get: () => apiKey, set: (key: string | undefined) => void (apiKey = key) };
  store = createGatewayStore(createClient({ baseUrl: fake.url, apiKey: keys.get }), keys);
});

afterEach(() => fake.close());

describe('the gateway store', () => {
  it('knows nothing before it asks', () => {
    expect(store.getState()).toEqual({ status: 'loading', models: [], collections: [], key: 'none' });
  });

  it('learns what is offered', async () => {
    fake.settings.models = ['one', 'two'];
    await store.refresh();
    expect(store.getState()).toEqual({
      status: 'ready',
      models: ['one', 'two'],
      collections: ['handbook'],
      model: 'one',
      key: 'none',
    });
  });

  it('keeps the chosen model as long as it is offered', async () => {
    fake.settings.models = ['one', 'two'];
    await store.refresh();
    store.chooseModel('two');
    store.chooseModel('three');
    await store.refresh();
    expect(store.getState().model).toBe('two');
    fake.settings.models = ['one'];
    await store.refresh();
    expect(store.getState().model).toBe('one');
  });

  it('says when the gateway offers nothing or cannot be reached', async () => {
    fake.settings.models = [];
    await store.refresh();
    expect(store.getState().status).toBe('unreachable');
    await fake.close();
    await store.refresh();
    expect(store.getState().status).toBe('unreachable');
    fake = await startFakeGateway('');
  });

  it('asks for a key, refuses a wrong one, takes the right one and forgets it', async () => {
    fake.settings.apiKey = 'gg_right';
    await store.refresh();
    expect(store.getState().key).toBe('wanted');
    await store.useKey('gg_wrong');
    expect(store.getState().key).toBe('refused');
    await store.useKey('gg_right');
    expect(store.getState()).toMatchObject({ key: 'given', status: 'ready' });
    expect(apiKey).toBe('gg_right');
    await store.forgetKey();
    expect(store.getState().key).toBe('wanted');
    expect(apiKey).toBeUndefined();
  });

  it('takes notice of a 401 met elsewhere, and of nothing else', async () => {
    await store.refresh();
    store.noticeFailure({ code: 'overloaded', message: '', status: 503 });
    expect(store.getState()).toMatchObject({ key: 'none', status: 'ready' });
    store.noticeFailure({ code: 'authentication_required', message: '', status: 401 });
    expect(store.getState().key).toBe('wanted');
  });
});
