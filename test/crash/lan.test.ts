import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('on the LAN')
