import { killAtEachInstantOf } from './deaths.ts'

killAtEachInstantOf('inward by IMAP')
