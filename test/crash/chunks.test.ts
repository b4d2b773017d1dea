import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('outward in chunks')
