import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

/** The head of the OpenAPI document; the rest comes from the routes. */
export const OPEN_API: NonNullable<FastifyDynamicSwaggerOptions['openapi']> = {
  openapi: '3.1.0',
  info: {
    title: 'Edge bridge',
    description:
      'MQTT for programs on a device that speak HTTP: publish, subscribe with callbacks, request and response. Errors are JSON with `error` and `code`.',
    version: '1.0.0',
  },
  tags: [
    { name: 'Programs', description: 'What the manager of the programs on a device calls. A success is exactly 200.' },
    { name: 'MQTT', description: 'The wider calls.' },
    { name: 'Dead letters', description: 'Messages that no callback has taken.' },
  ],
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
}
