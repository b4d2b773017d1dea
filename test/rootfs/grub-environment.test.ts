/** rootfs's usr/lib/dialpost/grub-environment and keeper: the one sector that says what boots next. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDevice, skip } from './device.ts'

/** A disk of 8 sectors of `x`, with an environment block of two in its fourth and fifth. */
const disk = `
export DIALPOST_DEV=/tmp
head -c 4096 /dev/zero | tr '\\0' x >/tmp/disk
{ printf '# GRUB Environment Block\\nslot=A\\nkernel_A=10+5\\n'; head -c 1024 /dev/zero | tr '\\0' '#'; } | head -c 1024 | dd of=/tmp/disk bs=512 seek=3 conv=notrunc 2>/dev/null
printf 'DISK=disk\\nGRUBENV_OFFSET=1536\\nSLOT=A\\nGOOD=A\\n' >/run/box/facts
grub=/usr/lib/dialpost/grub-environment
`

async function lines(script: string): Promise<readonly string[]> {
  const { code, out, err } = await onDevice(disk + script)
  assert.equal(code, 0, err)
  return out.trimEnd().split('\n')
}

test('it is printed, and changed in place: what stands beside a variable stays, and so does every other sector', { skip }, async () => {
  assert.deepEqual(await lines('$grub'), ['slot=A', 'kernel_A=10+5'])
  assert.deepEqual(await lines('$grub try=B kernel_A=7+1 && $grub'), ['slot=A', 'try=B', 'kernel_A=7+1'])
  assert.deepEqual(await lines('$grub slot=B && $grub slot=A && $grub slot=B && $grub'), ['kernel_A=10+5', 'slot=B'])
  const [before, after] = [
    await lines(`head -c 1536 /tmp/disk | md5sum; tail -c 2048 /tmp/disk | md5sum`),
    await lines(`$grub try=B; head -c 1536 /tmp/disk | md5sum; tail -c 2048 /tmp/disk | md5sum`),
  ]
  assert.deepEqual(after, before)
})

test('what is no environment block, and what would not fit into its sector, is not written', { skip }, async () => {
  const long = `kernel_B=${'1'.repeat(480)}`
  assert.deepEqual(await lines(`cp /tmp/disk /tmp/was; $grub ${long} || cmp /tmp/disk /tmp/was && echo same`), ['same'])
  const nothing = 'dd if=/dev/zero of=/tmp/disk bs=512 seek=3 count=1 conv=notrunc 2>/dev/null; cp /tmp/disk /tmp/was'
  assert.deepEqual(await lines(`${nothing}; $grub || echo none; $grub slot=B || cmp /tmp/disk /tmp/was && echo same`), ['none', 'same'])
})

/** Each request, then what the environment is, and what the keeper said and started. */
async function kept(...requests: readonly string[]): Promise<readonly string[]> {
  const written = requests.map((request) => `echo '${request}' >/run/box/request\n`).join('')
  return lines(`
    mkfifo /run/box/request
    for word in reboot poweroff; do rm -f /bin/$word /sbin/$word; printf '#!/bin/sh\\necho %s >>/tmp/did\\n' $word >/sbin/$word; chmod 755 /sbin/$word; done
    printf '#!/bin/sh\\necho apply >>/tmp/did\\n' >/usr/lib/dialpost/apply
    : >/tmp/did
    /usr/lib/dialpost/keeper & keeper=$!
    ${written}
    echo apply >/run/box/request
    until grep -q apply /tmp/did; do usleep 50000; done
    kill $keeper
    $grub; cat /tmp/did`)
}

test('the keeper has the other slot tried, once its words are those of a slot', { skip }, async () => {
  assert.deepEqual(await kept('try B 125280+5016'), [
    'slot=A',
    'kernel_A=10+5',
    'kernel_B=125280+5016',
    'tried=B',
    'try=B',
    'reboot',
    'apply',
  ])
})

test('the keeper has a kernel started with its initramfs', { skip }, async () => {
  assert.ok((await kept('try B 125280+5016,130296+7000')).includes('kernel_B=125280+5016,130296+7000'))
})

test('the keeper passes over what it was not asked in so many words', { skip }, async () => {
  const nonsense = [
    'try A 10+5',
    'try B',
    'try B 10',
    'try B +5',
    'try B 10+',
    'try B 10+0',
    'try B 1+2+3',
    'try B 1;2+3',
    'try C 10+5',
    'try B 1+2,',
    'try B ,1+2',
    'try B 1+2,3',
    'try B 1+2,3+0',
    'try B 1+2,3+4,5+6',
  ]
  const more = ['try B 9999999+1', 'try B -1+5', 'try B 0x10+5', 'try B 10+5x', 'rm -rf /', '$(reboot)', 'REBOOT', '']
  assert.deepEqual(await kept(...nonsense, ...more), ['slot=A', 'kernel_A=10+5', 'apply'])
})

test('the keeper restarts the box, and stops it', { skip }, async () => {
  assert.deepEqual((await kept('reboot')).slice(2), ['reboot', 'apply'])
  assert.deepEqual((await kept('poweroff now')).slice(2), ['poweroff', 'apply'])
})
