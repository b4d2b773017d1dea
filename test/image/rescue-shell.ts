/** The shell that a gateway offers at its console while its daemon does not speak there: what root sees of it from inside. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SerialConsole } from './serial-console.ts'

export type RescueShell = {
  /** Resolves with what the command says; rejects when it fails. */
  must(command: string): Promise<string>
}

/** Takes the console from the settings below a folder, as a person would who has forgotten it. */
export function withoutConsole(data: string): void {
  const toml = join(data, 'settings/dialpost.toml')
  writeFileSync(toml, readFileSync(toml, 'utf8').replace(/\[console\]\ntty = .*\n/, ''))
}

/** Resolves when it takes commands. */
export async function rescueShell(console: SerialConsole): Promise<RescueShell> {
  await console.expect(/Enter gives a shell/)
  console.type('\r')
  await console.expect(/rescue# $/)
  const must = async (command: string): Promise<string> => {
    console.passOver()
    // As it is typed it does not look like what it prints. A longer line would be broken on the screen.
    console.type(`${command.replaceAll('\n', '\r')}\recho "[""$?]"\r`)
    const { input, index, 1: code } = await console.expect(/\[(\d+)\]\n.*rescue# $/)
    const said = input.slice(0, index)
    if (code !== '0') throw new Error(`${command}\nended with ${code}:\n${said}`)
    return said
  }
  // What the kernel says here of a modem that is pulled out would stand in the middle of what the shell says.
  await must('dmesg -n 1')
  return { must }
}
