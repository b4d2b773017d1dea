import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('into maildirs')
