import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('by LMTP')
