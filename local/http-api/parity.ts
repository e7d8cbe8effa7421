import type { ServiceParityRow } from '../state/index.ts'

const GUIDE = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/'

export const HTTP_API_PARITY: readonly ServiceParityRow[] = [
  row(
    'Routes by method and path, path parameters, `{proxy+}`, ANY, $default',
    'honoured',
    'http-api-develop-routes.html',
  ),
  row('Functions behind them, payload format 2.0', 'honoured', 'http-api-develop-integrations-lambda.html'),
  row('Authorization NONE and AWS_IAM, signatures verified', 'honoured', 'http-api-access-control-iam.html'),
  row(
    'JWT authorizers: signature, issuer, audience, times, scopes',
    'honoured',
    'http-api-jwt-authorizer.html',
    'keys are kept for two hours; an issuer may be on loopback without TLS',
  ),
  row('Lambda authorizers, CORS, other integrations', 'missing', 'http-api-access-control.html'),
  row('Throttling of stages and routes', 'honoured', 'http-api-throttling.html'),
  row('Access logs', 'missing', 'http-api-logging.html'),
  row(
    'Addresses',
    'differs',
    'http-api-publish.html',
    'HTTP on loopback; the id of the API is the first level of the path',
  ),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
