import { describe, expect, test } from 'vitest'
import { decide } from './policies.ts'

const ROLE = 'arn:aws:iam::123456789012:role/service/rule'
const SESSION = 'arn:aws:sts::123456789012:assumed-role/rule/session'

describe('a resource policy', () => {
  test.each([
    ['*', SESSION, true],
    ['*', undefined, true],
    [{ AWS: '*' }, 'iot.amazonaws.com', true],
    [{ AWS: ROLE }, ROLE, true],
    [{ AWS: ROLE }, SESSION, true],
    [{ AWS: ROLE }, SESSION.replace('rule', 'other'), false],
    [{ AWS: ROLE }, undefined, false],
    [{ AWS: '123456789012' }, SESSION, true],
    [{ AWS: 'arn:aws:iam::123456789012:root' }, SESSION, true],
    [{ AWS: '210987654321' }, SESSION, false],
    [{ AWS: 'arn:aws:iam::123456789012:user/a' }, 'arn:aws:iam::123456789012:user/b', false],
    [{ Service: 'iot.amazonaws.com' }, 'iot.amazonaws.com', true],
    [{ Service: ['sns.amazonaws.com', 'iot.amazonaws.com'] }, 'iot.amazonaws.com', true],
    [{ Service: 'iot.amazonaws.com' }, 'lambda.amazonaws.com', false],
    [{ Service: '*' }, 'lambda.amazonaws.com', true],
    [{ Service: '*' }, SESSION, false],
    [{ Service: 'iot.amazonaws.com', AWS: ROLE }, SESSION, true],
    [{ Federated: 'accounts.example.com' }, 'accounts.example.com', true],
  ])('of principal %j for caller %s: %s', (Principal, principal, expected) => {
    const options = { resourcePolicy: true }

    expect(decide({ Principal }, { principal }, options)).toBe(expected ? 'allowed' : 'implicitDeny')
    expect(decide({ NotPrincipal: Principal }, { principal }, options)).toBe(expected ? 'implicitDeny' : 'allowed')
  })
})
