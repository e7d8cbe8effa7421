import { afterAll, beforeAll, describe } from 'vitest'
import { openService, type Service } from '../service.ts'
import { testBroker } from './broker.ts'
import { testConnections } from './connections.ts'
import { testCorrelations } from './correlations.ts'
import { testPlanes } from './planes.ts'
import { testRequests } from './requests.ts'

/** What must hold on AWS and in the local runtime alike; which of them it is, the environment says. */
export function testService(name: string): void {
  let opened: Service
  beforeAll(async () => {
    opened = await openService()
  })
  afterAll(() => opened?.[Symbol.dispose]())
  const service = () => opened

  describe(`${name}: connections`, () => testConnections(service))
  describe(`${name}: broker`, () => testBroker(service))
  describe(`${name}: requests`, () => testRequests(service))
  describe(`${name}: APIs`, () => testPlanes(service))
  describe(`${name}: correlations`, () => testCorrelations(service))
}
