/**
 * Everything that `bridge doctor` can find, and what to do about it; `{name}` is filled in where it is found. A test holds docs/ERRORS.md
 * against this table.
 */
export const PROBLEMS = {
  runtime_not_running: 'start one with "npm start" or name its folder with --state; for AWS add --aws',
  credentials_missing: 'give credentials and a region as for the AWS command line: AWS_PROFILE and AWS_REGION',
  credentials_refused: 'log in again; for the local runtime, start it again and name its folder with --state',
  service_unreachable: 'check network, proxy and region; for the local runtime, start it again',
  clock_skewed: 'set the clock of this machine (NTP): tokens signed here count as expired or as not valid yet',
  endpoint_missing: 'deploy the stack of this stage, in this account and region',
  endpoint_disabled: 'enable the domain configuration {name}',
  host_unknown: 'check the name server; a host name of a new deployment takes some minutes to be known',
  port_closed: 'open port {port} in firewall and proxy; for the local runtime, start it again',
  certificate_expired: 'renew the certificate; the local runtime makes new ones at its next start',
  certificate_not_yet_valid: 'check the clock of this machine and of the one that made the certificate',
  certificate_unreadable: 'start the local runtime again, which makes its certificates anew',
  tls_version_old: 'take away whatever ends TLS on the way to {host}: its endpoints speak TLS 1.3 only',
  tls_chain_untrusted: 'trust the authority of this server, or take away what intercepts TLS on the way',
  tls_name_mismatch: 'connect by the host name that "bridge endpoint" prints',
  tls_failed: 'look at what stands between this machine and {host}; it speaks no TLS as expected',
  secret_missing: 'deploy the stack of this stage, or restore the secret {name}',
  secret_malformed: 'put a key as the deployment makes it into {name}: "bridge secret rotate --compromised" does',
  rotation_stuck:
    'run "bridge secret rotate", which gives up the unfinished rotation, and look into the log of the rotator',
  rotation_overdue: 'look into the log of the rotator, then run "bridge secret rotate"',
  device_unregistered: 'register it with "bridge device add {name} --role …", or name another with --client-id',
  device_revoked: 'let it in again with "bridge device restore {name}", or name another with --client-id',
  device_removed: 'put it back into the fleet file and deploy, or name another with --client-id',
  role_missing: 'deploy the role {name} with the fleet file, or register the device with another one',
  token_unusable: 'get a new token: "bridge token"',
  signing_key_missing: 'name the private key whose public half the gateway has with --signing-key',
  authorizer_refused: 'look for code and reason of connection_refused in the log of the authorizer: {log}',
  authorizer_failed: 'look into the log of the authorizer: {log}',
  policy_over_limit: 'take patterns from the token or topics from the role {name}',
  policy_useless: 'look into the log of the authorizer: its documents do not let {name} connect',
  api_denied: 'allow your credentials {name}',
  api_failed: 'look at the message: the service took the call and could not do it',
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** What a check throws when it fails. `values` fill the advice. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly advice: string

  constructor(code: ProblemCode, message: string, values: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Problem'
    this.code = code
    this.advice = PROBLEMS[code].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '…')
  }
}
