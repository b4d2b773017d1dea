import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('bounced')
