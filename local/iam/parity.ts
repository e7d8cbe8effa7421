import type { ServiceParityRow } from '../state/index.ts'

const GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/'

export const IAM_PARITY: readonly ServiceParityRow[] = [
  row(
    'Identity policies: inline, attached, managed ones of the template',
    'honoured',
    'access_policies_identity-vs-resource.html',
  ),
  row(
    'Managed policies of AWS',
    'missing',
    'access_policies_managed-vs-inline.html',
    'a role that names one is refused',
  ),
  row('Permissions boundaries of roles', 'honoured', 'access_policies_boundaries.html'),
  row('Resource policies of queues and functions', 'honoured', 'access_policies_identity-vs-resource.html'),
  row('Trust policies, for services that assume a role', 'honoured', 'id_roles_create_for-service.html'),
  row('Service control, session and VPC endpoint policies', 'missing', 'reference_policies_evaluation-logic.html'),
  row('Users, groups, STS', 'missing', 'id.html', 'whoever is at this machine is allowed everything'),
  row(
    'Credentials',
    'differs',
    'id_credentials_temp.html',
    'random, for one run; the access key and session token are the proof, and HTTP APIs verify the signature too',
  ),
  row(
    'Statements that are wider than they should be, or never apply',
    'chosen',
    'best-practices.html',
    'told at the start; grants that were never used with `--iam-report`',
  ),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
