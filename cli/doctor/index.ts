import { apiChecks } from './checks/apis.ts'
import { authorizerCheck } from './checks/authorizer.ts'
import { bridgeCheck } from './checks/bridge.ts'
import { certificatesCheck } from './checks/certificates.ts'
import { clockCheck } from './checks/clock.ts'
import { deviceCheck } from './checks/device.ts'
import { policyCheck } from './checks/policy.ts'
import { portsCheck } from './checks/ports.ts'
import { secretCheck } from './checks/secret.ts'
import { tlsCheck } from './checks/tls.ts'
import { tokenCheck } from './checks/token.ts'
import { type DoctorOptions, openExamination } from './examination.ts'
import { type Finding, runChecks } from './run-checks.ts'

/** In this order: what comes first is needed by what comes after it. */
const CHECKS = [
  bridgeCheck,
  clockCheck,
  portsCheck,
  certificatesCheck,
  tlsCheck,
  secretCheck,
  deviceCheck,
  tokenCheck,
  authorizerCheck,
  policyCheck,
  ...apiChecks,
]

/** Looks at all that a connect of one device needs. It changes nothing. */
export function examine(options: DoctorOptions): Promise<Finding[]> {
  return runChecks(CHECKS, openExamination(options))
}
