export { checkAssembly } from './check-assembly.ts'
export { QUOTAS, type QuotaName } from './limits.ts'
export { CHECKS, type CheckCode, type Finding, type Problem, problem, type Severity } from './problem.ts'
export { quotaFinding } from './quota-checks.ts'
