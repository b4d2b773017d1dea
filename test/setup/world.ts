/** A computer that setup may be run on: a folder with all that `dialpost check` looks for, and the settings folder in it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Keeper } from '../../src/setup/keeper.ts'
import type { Facts } from '../../src/setup/question.ts'
import { type Around, keeperOf } from '../../src/settings-folder.ts'

export const facts: Facts = {
  root: false,
  readers: true,
  modem: '/dev/ttyS1',
  console: { tty: '/dev/ttyS0', speed: 9600 },
  system: new Set(['daemon', 'mail', 'dialpost', 'nobody']),
  ttyTrouble: (tty) =>
    tty === '/dev/ttyS1' || tty.startsWith('/dev/ttyUSB') ? undefined : `${tty} is not there; write the port of the modem`,
}

export type World = {
  readonly root: string
  /** /etc/dialpost.toml of that computer, a link into the settings folder. */
  readonly file: string
  readonly settings: string
  readonly keeper: Keeper
  /** What the box was asked to do. */
  readonly asked: readonly string[]
  at(name: string): string
  remove(): void
}

/** `box`: whether root's keeper listens. */
export function makeWorld({ box = true, ...around }: { readonly box?: boolean } & Pick<Around, 'disk'> = {}): World {
  const root = mkdtempSync(join(tmpdir(), 'dialpost-setup-'))
  const settings = join(root, 'data/settings')
  for (const folder of ['etc/ppp/peers', 'usr/sbin', 'var/lock', 'dev', 'data/settings']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'etc/ppp/peers/isp'), 'noauth\n')
  writeFileSync(join(root, 'usr/sbin/pppd'), '#!/bin/sh\n')
  chmodSync(join(root, 'usr/sbin/pppd'), 0o755)
  symlinkSync('/dev/ptmx', join(root, 'dev/ttyS1'))
  for (const name of ['dialpost.toml', 'dialpost.d', 'aliases']) symlinkSync(`../data/settings/${name}`, join(root, 'etc', name))
  const file = join(root, 'etc/dialpost.toml')
  const asked: string[] = []
  const ask = (word: string): string | undefined => {
    if (box) asked.push(word)
    return box ? undefined : 'nobody listens'
  }
  return {
    root,
    file,
    settings,
    asked,
    keeper: keeperOf(file, { ...around, at: (path) => root + path, ask }),
    at: (name) => join(settings, name),
    remove: () => rmSync(root, { recursive: true }),
  }
}
