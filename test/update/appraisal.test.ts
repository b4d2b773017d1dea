import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions, doubt, objection } from '../../src/update/appraisal.ts'
import { type Header, payloadLength } from '../../src/update/package.ts'
import { facts } from '../fake/box.ts'

const header: Header = { board: facts.board, version: '0.2.0', root: 9000, kernel: 3000, sha256: 'ab'.repeat(32) }
const payload = payloadLength(header)

test('an update that just fits has no objection', () => {
  assert.equal(objection({ header, head: 200, length: 200 + payload, slot: 'B', room: payload }, facts), undefined)
})

test('one octet too many or too few, of file or slot, is objected to', () => {
  const fits = { header, head: 200, length: 200 + payload, slot: 'B', room: payload } as const
  assert.match(objection({ ...fits, length: fits.length - 1 }, facts) ?? '', /ends after 16583 of 16584/)
  assert.match(objection({ ...fits, length: fits.length + 1 }, facts) ?? '', /goes on/)
  assert.match(objection({ ...fits, room: payload - 1 }, facts) ?? '', /slot B holds 16383/)
})

test('versions are in order, each the same as itself', () => {
  const builds = ['0.1.0+20261125165749.f72210fe5f68', '0.1.0+20261125171500.0e2fab28ed52']
  const ascending = ['0.1.0', ...builds, '0.2.0-rc1', '0.2.0-rc2', '0.2.0', '0.2.0a', '0.2.0.1', '0.2.1', '0.10.0', '1.0', '20261122']
  for (const [at, version] of ascending.entries()) {
    assert.equal(compareVersions(version, version), 0)
    for (const later of ascending.slice(at + 1)) {
      assert.ok(compareVersions(version, later) < 0, `${version} < ${later}`)
      assert.ok(compareVersions(later, version) > 0, `${later} > ${version}`)
    }
  }
})

test('only what is not newer is asked about', () => {
  assert.equal(doubt(header, facts), undefined)
  assert.match(doubt({ ...header, version: '0.1.0' }, facts) ?? '', /is what is running/)
  assert.match(doubt({ ...header, version: '0.1.0-rc9' }, facts) ?? '', /is older than 0\.1\.0/)
})
