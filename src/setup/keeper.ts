/** Port: the settings folder as the commands that change it need it. The wiring is settings-folder.ts. */
import type { Folder } from './folder.ts'
import type { Replaced } from './replace.ts'

export interface Keeper {
  /** Its path, for people. */
  readonly place: string
  /** What is there, or why that is no settings folder. */
  read(): Folder | { readonly trouble: string }
  /** Puts the contents in its place unless `dialpost check` would have something against them; throws what the disk throws. */
  replace(contents: Folder): Replaced
  /** By what path the settings name a file of it. */
  pathOf(name: string): string
  /** Has the box make everything else anew from the settings, and start the daemon again; false where there is no box around us. */
  apply(): boolean
}
