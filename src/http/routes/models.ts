import { Hono } from 'hono';
import type { Retriever } from '../../domain/passage.ts';
import type { ModelCatalogue } from '../../generation/model-catalogue.ts';
import type { GatewayEnvironment } from '../exchange.ts';

/** `GET /v1/models`: what may be asked. Built anew, since vLLM's own answer shows folders of its host. */
export function modelsRoute(catalogue: ModelCatalogue, retriever: Retriever): Hono<GatewayEnvironment> {
  return new Hono<GatewayEnvironment>().get('/v1/models', (c) =>
    c.json({
      object: 'list',
      data: catalogue.list().map(({ id, created, maxModelLength }) => ({
        id,
        object: 'model',
        created,
        owned_by: 'glassgate',
        ...(maxModelLength === undefined ? {} : { max_model_len: maxModelLength }),
      })),
      glassgate: { collections: retriever.collections() },
    }),
  );
}
