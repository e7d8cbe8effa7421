import { testService } from './suites/index.ts'

testService('AWS')
