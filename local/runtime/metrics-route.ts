import type { Route } from '../aws-api/index.ts'
import { type CloudWatch, PROMETHEUS_CONTENT_TYPE } from '../cloudwatch/index.ts'

/** `GET /metrics`: the metrics of the deployment for Prometheus. */
export function metricsRoute(cloudWatch: Pick<CloudWatch, 'prometheus'>): Route {
  return {
    method: 'GET',
    pathPrefix: '/metrics',
    handle: () => ({
      status: 200,
      headers: { 'content-type': PROMETHEUS_CONTENT_TYPE },
      body: cloudWatch.prometheus(),
    }),
  }
}
