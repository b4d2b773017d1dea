/**
 * Adapter (node:fs): whether what dialling needs is there: a port that is one, pppd and its peers file, chat's script. A modem on USB may be
 * unplugged while the settings are read; a port of the board may not.
 */
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Config, Modem } from './config.ts'
import { type Finding, settingAt } from './finding.ts'
import { ispsOf } from './isps.ts'
import type { Path } from './positions.ts'

type At = (path: string) => string

/** `at` says where a path is looked up. */
export function equipmentOf(config: Config, at: At): readonly Finding[] {
  const { mode, modem } = config.link
  if (mode !== 'dial') return []
  const place = (index: number): Path => (config.isp.length > 0 ? ['isp', index, 'peer'] : ['link', 'modem', 'peer'])
  return [
    ...(modem ? machinery(modem, at) : []),
    ...ispsOf(config).flatMap(({ peer }, index) => found(place(index), peerTrouble(peer, at))),
  ]
}

function machinery({ tty, pppd, chat, lock_dir }: Modem, at: At): readonly Finding[] {
  const setting = (name: string): Path => ['link', 'modem', name]
  return [
    ...found(setting('tty'), ttyTrouble(tty, at)),
    ...found(setting('pppd'), programTrouble(pppd, at)),
    ...(chat === undefined
      ? []
      : found(setting('chat'), fileTrouble(chat, at, 'write the script, or remove chat and let dialpost speak with the modem'))),
    ...found(setting('lock_dir'), folderTrouble(lock_dir, at)),
  ]
}

function found(path: Path, trouble: string | undefined): readonly Finding[] {
  return trouble === undefined ? [] : [{ path, message: `${settingAt(path)}: ${trouble}` }]
}

function peerTrouble(peer: string, at: At): string | undefined {
  return fileTrouble(`/etc/ppp/peers/${peer}`, at, "write pppd's options for this ISP into it")
}

/** Why this is no serial port that could be used. */
export function ttyTrouble(tty: string, at: At = (path) => path): string | undefined {
  const what = statSync(at(tty), { throwIfNoEntry: false })
  if (!what) return mayBeUnplugged(tty) ? undefined : `${tty} is not there; write the port of the modem, such as "/dev/ttyS0"`
  if (!what.isCharacterDevice())
    return `${tty} is no serial port but a ${what.isDirectory() ? 'folder' : 'file'}; write one such as "/dev/ttyS0"`
  try {
    // Not waiting for a carrier, and not ours as a terminal (open(2)).
    const fd = openSync(at(tty), constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY)
    const isTty = isatty(fd)
    closeSync(fd)
    return isTty ? undefined : `${tty} is a device, but no serial port; write one such as "/dev/ttyS0"`
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // Whoever has it open for himself knows that it is one.
    return code === 'EBUSY' || code === 'EACCES' ? undefined : `${tty} cannot be opened (${code}): is there a port behind it?`
  }
}

function mayBeUnplugged(tty: string): boolean {
  return /^\/dev\/(?:ttyUSB|ttyACM|serial\/|rfcomm|modem)/.test(tty)
}

function programTrouble(program: string, at: At): string | undefined {
  try {
    accessSync(at(program), constants.X_OK)
    return undefined
  } catch {
    return `${program} is not there, or cannot be run; install the package ppp, or write where pppd is`
  }
}

function fileTrouble(file: string, at: At, advice: string): string | undefined {
  return statSync(at(file), { throwIfNoEntry: false })?.isFile() ? undefined : `${file} is not there; ${advice}`
}

function folderTrouble(folder: string, at: At): string | undefined {
  return statSync(at(folder), { throwIfNoEntry: false })?.isDirectory() ? undefined : `${folder} is no folder; make it, or write another`
}
